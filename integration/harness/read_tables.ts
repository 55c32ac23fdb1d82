import type { Database } from "./database.ts";
import { escapeBytes } from "./escape_bytes.ts";
import type { Rules } from "./rules.ts";

/** A row of a stream's table. */
export interface StoredRow {
  /** The columns' values, in their order. */
  readonly numbers: number[];
  /** The transaction that wrote it, counted from the first one that is still in the table. */
  readonly transaction: number;
}

/** A row of `rejected_records`; key and value as `escaped.ts` writes bytes. */
export interface RejectedRow {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly reason: string;
  readonly detail: string | null;
}

/** How many rows are fetched at a time. */
const CHUNK = 50_000;

/**
 * All rows of a stream's table, in the order in which they were written as far as PostgreSQL tells: by transaction, and in it by
 * place. Doubles are exact: PostgreSQL writes the shortest text that stands for one double only.
 */
export async function storedRows(database: Database, rules: Rules): Promise<StoredRow[]> {
  const columns = rules.columns.map((column) => `"${column}"`).join(", ");
  const rows: StoredRow[] = [];
  await database.connected(async (client) => {
    await client.query("BEGIN");
    await client.query("SET LOCAL extra_float_digits = 3");
    await client.query(
      `DECLARE all_rows NO SCROLL CURSOR FOR
       SELECT ${columns}, age(xmin) AS age FROM "${rules.table}" ORDER BY age(xmin) DESC, ctid`,
    );
    while (true) {
      const chunk = await client.query({
        text: `FETCH ${CHUNK} FROM all_rows`,
        rowMode: "array",
        types: { getTypeParser: () => Number },
      });
      for (const row of chunk.rows as number[][]) {
        const age = row.pop()!;
        rows.push({ numbers: row, transaction: -age });
      }
      if (chunk.rows.length < CHUNK) break;
    }
    await client.query("ROLLBACK");
  });
  return rows;
}

/** All rows of a topic in `rejected_records`. */
export async function rejectedRows(database: Database, topic: string): Promise<RejectedRow[]> {
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

/** `next_offset` of each partition that a group has begun. */
export async function progressOf(
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
