import type { Database } from "./database.ts";
import { escapeBytes } from "./escape_bytes.ts";
import type { Row } from "./expected_rows.ts";
import type { RuleColumn, Rules } from "./rules.ts";

/** A row of `rejected_records`; key, value and headers are escaped, see `escape_bytes.ts`. */
export interface RejectedRow {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly reason: string;
  readonly detail: string | null;
  /** Unix milliseconds, −1 for none, and headers as in `TopicRecord`; `undefined`: a previous version rejected the record. */
  readonly timestamp: number | undefined;
  readonly headers: string | undefined;
}

const FETCH_ROWS = 50_000;

/** The column as in SQL; json as jsonb, whose text does not depend on the source's whitespace. */
const asText = ({ name, type }: RuleColumn) => {
  const identifier = `"${name.replaceAll('"', '""')}"`;
  return type === "json" ? `${identifier}::jsonb` : identifier;
};

/**
 * Reads all rows of a stream's table in the order of their insertion: by transaction, then by position in the table. Returns
 * PostgreSQL's own texts of the columns of `rules` that the oracle predicts.
 */
export async function readRows(database: Database, rules: Rules): Promise<Row[]> {
  const columns = rules.columns.filter(({ metadata }) => metadata !== "ingested_at").map(asText).join(", ");
  const rows: Row[] = [];
  await database.connected(async (client) => {
    await client.query(
      `BEGIN; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL bytea_output = 'hex';
       SET LOCAL extra_float_digits = 3`,
    );
    await client.query(
      `DECLARE all_rows NO SCROLL CURSOR FOR
       SELECT ${columns} FROM ${rules.table} ORDER BY age(xmin) DESC, ctid`,
    );
    while (true) {
      const chunk = await client.query({
        text: `FETCH ${FETCH_ROWS} FROM all_rows`,
        rowMode: "array",
        types: { getTypeParser: () => (text: string) => text },
      });
      rows.push(...chunk.rows);
      if (chunk.rows.length < FETCH_ROWS) break;
    }
    await client.query("ROLLBACK");
  });
  return rows;
}

/**
 * Returns a stream's description with the types in the catalog, which count: a table may exist with other types than the stream
 * declares. Domains are replaced by their base types, and enums have their labels.
 */
export async function withCatalogTypes(database: Database, rules: Rules): Promise<Rules> {
  const found = await database.query<{ name: string; type: string; labels: string[] | null }>(
    `WITH RECURSIVE base (name, type, modifier) AS (
       SELECT attname::text, atttypid, atttypmod FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0
       UNION ALL
       SELECT name, typbasetype, typtypmod FROM base JOIN pg_type ON pg_type.oid = type WHERE typtype = 'd'
     )
     SELECT name, format_type(type, modifier) AS type,
       (SELECT array_agg(enumlabel::text) FROM pg_enum
        WHERE enumtypid IN (type, (SELECT typelem FROM pg_type WHERE oid = type AND typcategory = 'A'))) AS labels
     FROM base JOIN pg_type ON pg_type.oid = type WHERE typtype <> 'd'`,
    [rules.table],
  );
  const types = new Map(found.map(({ name, type, labels }) => [name, { type, ...labels && { labels } }]));
  return { ...rules, columns: rules.columns.map((column) => ({ ...column, ...types.get(column.name) })) };
}

/** Reads all rows of a topic in `rejected_records`. */
export async function readRejectedRecords(database: Database, topic: string): Promise<RejectedRow[]> {
  const rows = await database.query<Record<string, unknown>>(
    `SELECT * FROM rejected_records
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
    timestamp: row.headers ? Number(row.timestamp_ms ?? -1) : undefined,
    headers: row.headers ? printHeaders(row.headers as Uint8Array[][]) : undefined,
  }));
}

/** Prints headers as the console consumer does. */
const printHeaders = (headers: readonly Uint8Array[][]) =>
  headers.map(([name, value]) => `${new TextDecoder().decode(name)}:${escapeBytes(value!)}`).join(",") ||
  "NO_HEADERS";

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
