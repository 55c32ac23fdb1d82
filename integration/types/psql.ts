/**
 * Runs psql, which shares no code with the pipeline.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { PostgresServer } from "../../local/servers/mod.ts";
import type { RowBuffer } from "../../shared/types/row_buffer.ts";

/** Header of binary COPY: signature, flags, and length of the header's extension. */
const COPY_HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const COPY_TRAILER = Buffer.from([0xff, 0xff]);

/** Runs psql on a database. */
export class Psql {
  constructor(readonly server: PostgresServer, readonly database: string = server.database) {}

  /** Runs a query and returns its rows as CSV, NULL as `∅`. */
  csv(query: string, hasHeader: boolean): Promise<string> {
    return this.#run(["--csv", ...hasHeader ? [] : ["-t"]], `${query};`, "UTC");
  }

  /**
   * Runs commands and returns the rows as psql prints them unaligned: columns separated by tabs, NULL as `∅`.
   *
   * @throws {Error} with psql's messages if a command fails
   */
  async run(commands: string, timeZone = "UTC"): Promise<string[]> {
    const text = await this.#run(["-At", "-F", "\t"], commands, timeZone);
    return text === "" ? [] : text.replace(/\n$/, "").split("\n");
  }

  async #run(format: readonly string[], commands: string, timeZone: string): Promise<string> {
    const child = new Deno.Command("psql", {
      args: ["-Xq", ...format, "-P", "null=∅", "-v", "ON_ERROR_STOP=1", this.server.url(this.database)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { PGTZ: timeZone, PGCLIENTENCODING: "UTF8" },
    }).spawn();
    const writer = child.stdin.getWriter();
    const sent = writer.write(new TextEncoder().encode(commands)).then(() => writer.close()).catch(() => {});
    const { code, stdout, stderr } = await child.output();
    await sent;
    if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  }

  /** Copies rows in binary format into a table. */
  async copy(table: string, rows: RowBuffer): Promise<void> {
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeFile(path, Buffer.concat([COPY_HEADER, rows.written(), COPY_TRAILER]));
      await this.run(`\\copy ${table} FROM '${path}' WITH (FORMAT binary)\n`);
    } finally {
      await Deno.remove(path);
    }
  }
}
