/**
 * A stream file for one scenario.
 *
 * @module
 */
import { join } from "node:path";
import type { StreamFile } from "../../shared/stream_files/file_format.ts";
import { PROJECT } from "./project.ts";

/** A directory with one stream file. The services are allowed to read it. */
export interface StreamDirectory extends AsyncDisposable {
  /** Settings of services that use the stream. */
  readonly settings: { readonly STREAMS: string; readonly STREAMS_DIRECTORY: string };
  /** Replaces the file. */
  write(file: StreamFile): void;
}

/** Writes a stream file. Services must be processes. */
export function streamDirectory(name: string, file: StreamFile): StreamDirectory {
  const folder = Deno.makeTempDirSync({ dir: join(PROJECT, "res"), prefix: "scenario_" });
  const write = (content: StreamFile) =>
    Deno.writeTextFileSync(join(folder, `${name}.json`), JSON.stringify(content));
  write(file);
  return {
    settings: { STREAMS: name, STREAMS_DIRECTORY: folder },
    write,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
