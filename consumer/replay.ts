/**
 * Sends rejected records through again: those that are valid by now leave quarantine and enter their table in one transaction, so
 * that none is lost and none is doubled, whatever happens in between and whoever else replays.
 *
 * @module
 */
import type pg from "pg";
import { decoder } from "../shared/codec/decode.ts";
import { classify } from "../shared/postgres/errors.ts";
import type { Stream } from "../shared/stream.ts";
import type { RejectedRow } from "./list_rejects.ts";
import { streamTarget } from "./tables.ts";

/** Records looked at in one transaction. */
const BATCH = 1_000;

/** What became of the records. */
export interface Replayed {
  /** Now in the table. */
  moved: number;
  /** Still not valid, or still refused by the database. */
  kept: number;
}

/**
 * Replays a stream's rejected records, in the order of their partitions and offsets.
 *
 * @param reason only those that were rejected for it; empty: all
 * @param signal stops after the transaction in hand
 */
export async function replay(
  client: pg.Client,
  stream: Stream,
  reason: string,
  signal: AbortSignal,
): Promise<Replayed> {
  const decode = decoder(stream);
  const row = new Float64Array(stream.fields.length);
  const insert = `INSERT INTO ${streamTarget(stream)} VALUES (${
    stream.fields.map((_, f) => `$${f + 1}`).join(", ")
  })`;
  const result: Replayed = { moved: 0, kept: 0 };
  let after = { partition: -1, offset: "-1" };
  while (!signal.aborted) {
    await client.query("BEGIN");
    try {
      // A record that another replay holds is left to it.
      const { rows } = await client.query<RejectedRow>(
        `SELECT partition, "offset", value FROM rejected_records
         WHERE topic = $1 AND ($2 = '' OR reason = $2) AND (partition, "offset") > ($3, $4)
         ORDER BY partition, "offset" LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
        [stream.topic, reason, after.partition, after.offset],
      );
      let moved = 0;
      for (const { partition, offset, value } of rows) {
        if (decode(value, row) !== undefined || !(await accepted(client, insert, [...row]))) continue;
        await client.query(
          `DELETE FROM rejected_records WHERE topic = $1 AND partition = $2 AND "offset" = $3`,
          [stream.topic, partition, offset],
        );
        moved++;
      }
      await client.query("COMMIT");
      result.moved += moved;
      result.kept += rows.length - moved;
      const last = rows.at(-1);
      if (!last) break;
      after = last;
    } catch (error) {
      await client.query("ROLLBACK").catch(() => {});
      throw error;
    }
  }
  return result;
}

/** Inserts a row, unless the database refuses it; the transaction goes on either way. */
async function accepted(client: pg.Client, insert: string, numbers: readonly number[]): Promise<boolean> {
  await client.query("SAVEPOINT record");
  try {
    // As text, -0 would lose its sign.
    await client.query(insert, numbers.map((number) => Object.is(number, -0) ? "-0" : number));
    await client.query("RELEASE SAVEPOINT record");
    return true;
  } catch (error) {
    if (classify(error) !== "record") throw error;
    await client.query("ROLLBACK TO SAVEPOINT record");
    return false;
  }
}
