import type { Database } from "./database.ts";
import { escapeBytes } from "./escape_bytes.ts";
import type { Rules } from "./rules.ts";

/** A row of `rejected_records`; key and value are escaped, see `escape_bytes.ts`. */
export interface RejectedRow {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly reason: string;
  readonly detail: string | null;
}

const FETCH_ROWS = 50_000;

/**
 * Reads all rows of a stream's table, as the values of `Rules.columns`, in the order of their insertion: by transaction, then by
 * position in the table. Doubles are exact: PostgreSQL writes the shortest text that identifies one double.
 */
export async function readRows(database: Database, rules: Rules): Promise<number[][]> {
  const columns = rules.columns.map((column) => `"${column}"`).join(", ");
  const rows: number[][] = [];
  await database.connected(async (client) => {
    await client.query("BEGIN");
    await client.query("SET LOCAL extra_float_digits = 3");
    await client.query(
      `DECLARE all_rows NO SCROLL CURSOR FOR
       SELECT ${columns} FROM "${rules.table}" ORDER BY age(xmin) DESC, ctid`,
    );
    while (true) {
      const chunk = await client.query({
        text: `FETCH ${FETCH_ROWS} FROM all_rows`,
        rowMode: "array",
        types: { getTypeParser: () => Number },
      });
      rows.push(...chunk.rows);
      if (chunk.rows.length < FETCH_ROWS) break;
    }
    await client.query("ROLLBACK");
  });
  return rows;
}

/** Reads all rows of a topic in `rejected_records`. */
export async function readRejectedRecords(database: Database, topic: string): Promise<RejectedRow[]> {
  const rows = await database.query<Record<string, unknown>>(
    `SELECT partition, "offset", key, value, reason, detail FROM rejected_records
     WHERE topic = $1 ORDER BY partition, "offset"`,
    [topic],
  );
  return rows.map((row) => ({
    partition: Number(row.partition),
    offset: Number(row.offset),
    key: row.key === null ? null : escapeBytes(row.key as Uint8Array),
    value: row.value === null ? null : escapeBytes(row.value as Uint8Array),
    reason: row.reason as string,
    detail: row.detail as string | null,
  }));
}

/** Reads a group's `next_offset` by partition. */
export async function readProgress(
  database: Database,
  group: string,
  topic: string,
): Promise<Map<number, number>> {
  const rows = await database.query<Record<string, unknown>>(
    `SELECT partition, next_offset FROM consumer_progress WHERE group_id = $1 AND topic = $2`,
    [group, topic],
  );
  return new Map(rows.map((row) => [Number(row.partition), Number(row.next_offset)]));
}
