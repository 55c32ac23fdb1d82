/**
 * What a stream is: a record type with its topic, schema, table and columns. Each stream is one file of `streams/`, and
 * all that producer, consumer, tables, tests and pages know of it derives from that file.
 *
 * @module
 */
import { z } from "zod";

/** PostgreSQL types that columns can have. */
export type ColumnType = "INT" | "DOUBLE PRECISION";

/** One number of a record and the column that it is stored in. */
export interface Field {
  /** Column of the table. */
  readonly column: string;
  readonly type: ColumnType;
  /** Where it lies in the record: property names and array indexes. */
  readonly path: readonly [string, ...(string | number)[]];
  /** Another name of the property that the path begins with: it counts where there is none of the first. */
  readonly alias?: string;
  /** Least and greatest value, both allowed. They must say what the schema says; a property test holds them together. */
  readonly min: number;
  readonly max: number;
}

/** A source of random numbers in [0, 1). */
export type Random = () => number;

/** What a generated record is of. */
export interface Moment {
  /** User, 0 … users − 1. */
  readonly userID: number;
  /** Unix seconds, with a fraction. */
  readonly timestamp: number;
  readonly random: Random;
}

/** A record type, its topic and its table. */
export interface Stream<Value = unknown> {
  /** Name in `STREAMS`; the file is `streams/<name>.ts`. */
  readonly name: string;
  readonly topic: string;
  readonly table: string;
  /** One line for people: what a record says. */
  readonly about: string;
  /** Validates a parsed JSON value. It is the authority on what is valid. */
  readonly schema: z.ZodType<Value>;
  /** The columns in the order of the table, and of the record's JSON text. */
  readonly fields: readonly Field[];
  /** A record with values drawn anywhere in their ranges. */
  readonly uniform: (moment: Moment) => Value;
  /** A record that follows plausibly on the user's last one; `undefined`: there is none yet. */
  readonly walk: (moment: Moment, last: Value | undefined) => Value;
}

/** Declares a stream; it is returned as it is, with its record's type inferred from the schema. */
export const defineStream = <Value>(stream: Stream<Value>): Stream => stream as Stream;

/** A `userID` as it may come: an integer that fits PostgreSQL's INT. */
export const userID = z.number({ error: "userID is missing or not a number" })
  .int({ error: "userID is not a whole number" })
  .min(0, { error: "userID is below 0" })
  .max(2_147_483_647, { error: "userID is above 2147483647" });

/** A `timestamp`: Unix seconds, with a fraction. */
export const timestamp = z.number({ error: "timestamp is missing or not a finite number" })
  .min(0, { error: "timestamp is below 0" });

/** `userID`, as the Python original spells it. */
const USER_ID_ALIAS = "userId";

/** The fields that records of every stream have. */
export const USER_ID: Field = {
  column: "user_id",
  type: "INT",
  path: ["userID"],
  alias: USER_ID_ALIAS,
  min: 0,
  max: 2_147_483_647,
};
export const TIMESTAMP: Field = {
  column: "timestamp",
  type: "DOUBLE PRECISION",
  path: ["timestamp"],
  min: 0,
  max: Number.MAX_VALUE,
};

/**
 * {@link USER_ID_ALIAS} is taken for `userID` where there is no `userID`. Wraps a stream's schema.
 */
export const withUserIdAlias = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    if (Object.hasOwn(value, "userID") || !Object.hasOwn(value, USER_ID_ALIAS)) return value;
    return { ...value, userID: (value as Record<string, unknown>)[USER_ID_ALIAS] };
  }, schema);

/** The number that lies at a field's path of a valid record. */
export function fieldValue(record: unknown, field: Field): number {
  let value = record as Record<string | number, unknown>;
  for (const step of field.path) value = value[step] as Record<string | number, unknown>;
  return value as unknown as number;
}
