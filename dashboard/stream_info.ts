/**
 * What the dashboard shows of a stream, derived from its definition.
 *
 * @module
 */
import pg from "pg";
import { type Constraints, constraintsOf } from "../shared/generate/constraints.ts";
import { keyColumns } from "../shared/generate/key_encoder.ts";
import { schemaAt } from "../shared/schema/column_schema.ts";
import { declaredType } from "../shared/schema/stream_table.ts";
import type { Column, Stream } from "../shared/stream.ts";
import { decimalLimits } from "../shared/types/decimal.ts";
import { parseType } from "../shared/types/type_descriptor.ts";
import { type ColumnInfo, FIRST_COLUMN, type StreamInfo, type TimeKind } from "./protocol.ts";

/** Keys and values are shortened to this many characters. */
export const VALUE_LENGTH_MAX = 200;

const NUMBERS: ReadonlySet<string> = new Set([
  "smallint",
  "integer",
  "bigint",
  "real",
  "double precision",
  "numeric",
]);

/** Kinds of columns with a row's time, the preferred ones first. A number is a time if it has this name. */
const TIMES = ["timestamp with time zone", "timestamp without time zone", "date"];
const TIME_KINDS: readonly TimeKind[] = ["instant", "local", "date"];
const TIME_NAME = "timestamp";

const kindOf = (column: Column): string => parseType(declaredType(column))?.kind ?? "";

/** `undefined`: the column has no dates or timestamps. */
const timeKindOf = (column: Column): TimeKind | undefined => TIME_KINDS[TIMES.indexOf(kindOf(column))];

/** Whether the times of a stream's rows are numbers, which have an unknown unit. */
export function hasNumericTime(stream: Stream): boolean {
  const { time } = shownColumns(stream);
  return time !== undefined && timeKindOf(time) === undefined;
}

/** The columns of a row: those of the key, the one with the time, and the others. */
interface ShownColumns {
  readonly key: readonly string[];
  readonly time: Column | undefined;
  readonly others: readonly Column[];
}

function shownColumns(stream: Stream): ShownColumns {
  const key = keyColumns(stream);
  const candidates = stream.columns.filter(({ name }) => !key.includes(name));
  const time = TIMES.flatMap((kind) => candidates.filter((column) => kindOf(column) === kind))
    .concat(candidates.filter(({ name }) => name === TIME_NAME)).at(0);
  const others = stream.columns.filter((column) =>
    column !== time && !(key.length === 1 && column.name === key[0])
  );
  return { key, time, others };
}

const identifier = (name: string) => `t.${pg.escapeIdentifier(name)}`;

/** The text that identifies a row's key: the values of the key columns, or the row's place in the table. */
export function keySql(stream: Stream): string {
  const { key: [first, ...rest] } = shownColumns(stream);
  // Partitions have rows at the same places.
  if (first === undefined) return "concat(t.tableoid, t.ctid)";
  if (rest.length === 0) return `left(coalesce(${identifier(first)}::text, 'NULL'), ${VALUE_LENGTH_MAX})`;
  return `left(concat_ws(', ', ${[first, ...rest].map(identifier).join(", ")}), ${VALUE_LENGTH_MAX})`;
}

/** The select list of a {@link Row}; all values are text. */
export function rowSql(stream: Stream): string {
  const { time, others } = shownColumns(stream);
  const timeSql = time === undefined
    ? "0"
    : TIMES.includes(kindOf(time))
    ? `extract(epoch FROM ${identifier(time.name)})`
    : identifier(time.name);
  return [
    `${keySql(stream)} AS key`,
    `(${timeSql})::float8::text AS time`,
    // Aliases, since the names of columns may repeat.
    ...others.map((column, i) => `${valueSql(column)} AS value_${i}`),
  ].join(", ");
}

function valueSql(column: Column): string {
  const name = identifier(column.name);
  return TIMES.includes(kindOf(column))
    ? `extract(epoch FROM ${name})::float8::text`
    : `left(${name}::text, ${VALUE_LENGTH_MAX})`;
}

/** The limits that a column's schema has on both sides. */
function rangeOf(stream: Stream, column: Column): ColumnInfo["range"] {
  const schema = "path" in column ? schemaAt(stream.schema, column.path).schema : undefined;
  if (!schema) return undefined;
  const decimals = decimalLimits(schema);
  const { min, max }: Pick<Constraints, "min" | "max"> = constraintsOf(schema);
  const range = [decimals?.min ?? min?.value, decimals?.max ?? max?.value].map(Number) as [number, number];
  return range.every(Number.isFinite) ? range : undefined;
}

/** Indexes of latitude and longitude in a row. */
export function placeColumns(stream: Stream): StreamInfo["place"] {
  const { others } = shownColumns(stream);
  const [latitude, longitude] = ["latitude", "longitude"].map((name) =>
    others.findIndex((column) => column.name === name)
  ) as [number, number];
  return latitude >= 0 && longitude >= 0 ? [FIRST_COLUMN + latitude, FIRST_COLUMN + longitude] : undefined;
}

/** Whether rows of the table are updated. */
export const isUpdated = ({ write }: Stream): boolean => write?.mode === "upsert";

export function streamInfo(stream: Stream): StreamInfo {
  const { name, about, table } = stream;
  const { key, time, others } = shownColumns(stream);
  const place = placeColumns(stream);
  const keyColumn = stream.columns.find((column) => column.name === key[0]);
  return {
    name,
    about,
    table,
    ...key.length > 0 && { key: key.join(", ") },
    ...keyColumn && key.length === 1 && { keyType: declaredType(keyColumn) },
    ...time && { time: time.name, timeKind: timeKindOf(time) ?? "instant" },
    isUpdated: isUpdated(stream),
    columns: others.map((column) => {
      const isNumber = NUMBERS.has(kindOf(column));
      const range = isNumber ? rangeOf(stream, column) : undefined;
      const time = timeKindOf(column);
      const texts = "path" in column ? schemaAt(stream.schema, column.path).texts : undefined;
      return {
        name: column.name,
        type: declaredType(column),
        isNumber,
        ...texts,
        ...time && { time },
        ...range && { range },
      };
    }),
    ...place && { place },
  };
}
