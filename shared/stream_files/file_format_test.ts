import { Ajv2020 } from "ajv/dist/2020.js";
import assert from "assert";
import { join } from "node:path";
import { jsonSchemaOfFormat } from "./file_format.ts";

Deno.test("jsonSchemaOfFormat() accepts every stream file of the project, and no misspelled member", async () => {
  const validate = new Ajv2020({ strict: false }).compile(jsonSchemaOfFormat());
  const folder = join(import.meta.dirname!, "../../res/streams");
  let files = 0;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".json")) continue;
    const file: object = JSON.parse(await Deno.readTextFile(join(folder, name)));
    assert(validate(file), `${name}: ${JSON.stringify(validate.errors)}`);
    assert(!validate({ ...file, colums: {} }));
    assert(!validate({ ...file, schema: { type: "objct" } }));
    files++;
  }
  assert(files > 0);
});
