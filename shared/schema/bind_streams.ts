/**
 * Binds streams to their tables in the database.
 *
 * @module
 */
import type pg from "pg";
import type { BoundStream } from "../codec/bound_stream.ts";
import { PermanentError } from "../errors.ts";
import type { Stream } from "../stream.ts";
import { bindStream } from "./bind_stream.ts";
import { readCatalog } from "./catalog.ts";

/**
 * Reads the types of the streams' columns, in the current transaction.
 *
 * @throws {PermanentError} if a table does not exist or lacks a column, or the type of a column is not supported
 */
export async function bindStreams(client: pg.Client, streams: readonly Stream[]): Promise<BoundStream[]> {
  const { tables, characters } = await readCatalog(client, streams.map(({ table }) => table));
  return streams.map((stream) => {
    const table = tables.get(stream.table);
    if (table) return bindStream(stream, table, characters);
    throw new PermanentError({
      code: "TABLE_INCOMPATIBLE",
      cause: `the table ${stream.table} does not exist in database ${client.database ?? ""}`,
      remedy: "Restart the consumer, which creates it.",
    });
  });
}
