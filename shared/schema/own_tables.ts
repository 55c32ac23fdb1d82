/**
 * The pipeline's own tables: names, columns and SQL.
 *
 * @module
 */

/** A column of an own table. */
export interface Column {
  readonly name: string;
  /** As PostgreSQL's `format_type` prints it. */
  readonly type: string;
  /** SQL after the type in `CREATE TABLE`. */
  readonly constraint?: string;
  /** The consumer does not write the column, and a table may lack it. */
  readonly hasDefault?: true;
}

/** A table that the consumer creates and writes, besides the streams' tables. */
export interface OwnTable {
  readonly name: string;
  /** The columns of the first version. Without them the consumer does not start. */
  readonly columns: readonly Column[];
  /**
   * Columns that later versions added. They are nullable, so that previous versions, whose statements name their columns, keep
   * working with an upgraded table; and optional, so that this version works with a table that it is not allowed to upgrade.
   */
  readonly addedColumns: readonly Column[];
  readonly primaryKey: readonly string[];
}

/** Table privileges that the consumer needs on its own tables. */
export const OWN_TABLE_PRIVILEGES = ["SELECT", "INSERT", "UPDATE"] as const;

/**
 * The next offset to store of each partition, by consumer group. The source of truth for progress: updated in the same transaction as
 * the rows. `topic_id` is the id of the topic that the offset belongs to (KIP-516); null if it is unknown.
 */
export const CONSUMER_PROGRESS: OwnTable = {
  name: "consumer_progress",
  columns: [
    { name: "group_id", type: "text", constraint: "NOT NULL" },
    { name: "topic", type: "text", constraint: "NOT NULL" },
    { name: "partition", type: "integer", constraint: "NOT NULL" },
    { name: "next_offset", type: "bigint", constraint: "NOT NULL" },
  ],
  addedColumns: [{ name: "topic_id", type: "uuid" }],
  primaryKey: ["group_id", "topic", "partition"],
};

/**
 * Records that failed validation or that the database rejected, byte for byte. Shared by all consumer groups.
 *
 * `timestamp_ms` is the record's timestamp, Unix milliseconds: `timestamptz` does not have all values of Kafka's. `headers` is an array of
 * pairs of name and value, in their order, since names can repeat and neither names nor values need to be text of the database's encoding.
 * A record without headers has an empty array. Both are null in records that a previous version rejected.
 */
export const REJECTED_RECORDS: OwnTable = {
  name: "rejected_records",
  columns: [
    { name: "topic", type: "text", constraint: "NOT NULL" },
    { name: "partition", type: "integer", constraint: "NOT NULL" },
    { name: "offset", type: "bigint", constraint: "NOT NULL" },
    { name: "key", type: "bytea" },
    { name: "value", type: "bytea" },
    { name: "reason", type: "text", constraint: "NOT NULL" },
    { name: "detail", type: "text", constraint: "NOT NULL" },
    { name: "rejected_at", type: "timestamptz", constraint: "NOT NULL DEFAULT now()", hasDefault: true },
  ],
  addedColumns: [{ name: "timestamp_ms", type: "bigint" }, { name: "headers", type: "bytea[]" }],
  primaryKey: ["topic", "partition", "offset"],
};

export const OWN_TABLES: readonly OwnTable[] = [CONSUMER_PROGRESS, REJECTED_RECORDS];

/** `offset` is a reserved word; the others are not. */
const quoted = (column: string) => column === "offset" ? `"offset"` : column;

const definition = ({ name, type, constraint }: Column) =>
  [quoted(name), type.toUpperCase(), constraint].filter(Boolean).join(" ");

/** The columns that the consumer writes, as a column list in SQL. @param hasAdded whether the table has the added columns */
export const writtenColumns = ({ columns, addedColumns }: OwnTable, hasAdded: boolean): string =>
  [...columns.filter(({ hasDefault }) => !hasDefault), ...hasAdded ? addedColumns : []]
    .map(({ name }) => quoted(name)).join(", ");

/** The statement that creates a table. */
export const createTableSql = ({ name, columns, addedColumns, primaryKey }: OwnTable): string =>
  `CREATE TABLE IF NOT EXISTS ${name} (\n${
    [
      ...[...columns, ...addedColumns].map(definition),
      `PRIMARY KEY (${primaryKey.map(quoted).join(", ")})`,
    ].map((line) => `  ${line}`).join(",\n")
  }\n)`;

/** The statement that adds the columns that a table of a previous version lacks. */
export const addColumnsSql = ({ name, addedColumns }: OwnTable): string =>
  `ALTER TABLE ${name} ${
    addedColumns.map((column) => `ADD COLUMN IF NOT EXISTS ${definition(column)}`).join(", ")
  }`;
