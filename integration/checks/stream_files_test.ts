import assert from "assert";
import { join } from "node:path";
import { readStreamFile } from "../../shared/stream_files/read_stream_file.ts";
import { PROJECT } from "../harness/project.ts";

for (const path of ["README.md", "docs/streams.md"]) {
  Deno.test(`readStreamFile() accepts the stream files in ${path}`, () => {
    const text = Deno.readTextFileSync(join(PROJECT, path));
    const files = [...text.matchAll(/^```json\n(.*?)^```$/gms)].map(([, file]) => file!);
    assert(files.length > 0);
    for (const file of files) readStreamFile("orders", file, path);
  });
}
