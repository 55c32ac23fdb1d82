/**
 * A stream: a record type with its topic, schema, table and columns. Each stream is defined in one file, `shared/streams/NAME.ts` or
 * `res/streams/NAME.json`, from which the producer, the consumer, the tables, the tests and the dashboard derive everything else.
 *
 * @module
 */
import { z } from "zod";

/** Units of timestamps that are numbers since 1970-01-01 00:00 UTC. */
export type EpochUnit = "s" | "ms" | "us" | "ns";

/** How many of each unit are a second. */
export const UNITS_PER_SECOND: Readonly<Record<EpochUnit, number>> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 };

/** A column and the member of the record that it stores. */
export interface MemberColumn {
  readonly name: string;
  /**
   * Type as in `CREATE TABLE`: `bigint`, `numeric(12,2)`, `text[]`, or the name of an enum type, whose labels are those of the schema. If
   * the table exists, the type in the catalog counts.
   */
  readonly type: string;
  /** Path in the record: property names and array indexes; empty: the whole record. */
  readonly path: readonly (string | number)[];
  /** Other names of the first property of the path. The first one that is present is used if the property is absent. */
  readonly aliases?: readonly string[];
  /** For dates and timestamps: the unit of numbers. Without it, numbers are rejected. */
  readonly epoch?: EpochUnit;
  /** For `timestamptz`: the IANA time zone of texts without an offset. Without it, such texts are rejected. */
  readonly timeZone?: string;
}

/** Properties of a Kafka record, and the time when the consumer decoded it. */
export const METADATA = [
  "topic",
  "partition",
  "offset",
  "timestamp",
  "key",
  "headers",
  "ingested_at",
] as const;
export type Metadata = typeof METADATA[number];

/** A column that stores a property of the Kafka record. */
export interface MetadataColumn {
  readonly name: string;
  readonly metadata: Metadata;
  /** By default `text`, `integer`, `bigint`, `timestamptz`, `bytea`, `jsonb` and `timestamptz`, in the order of {@link METADATA}. */
  readonly type?: string;
}

/** A column of a stream's table. Other columns of the table are left to their defaults. */
export type Column = MemberColumn | MetadataColumn;

/** How records are written: each as a new row, or as the latest state of its key. */
export type WriteMode = { readonly mode: "append" } | {
  readonly mode: "upsert";
  /** Names of the key columns, which must have a unique index. */
  readonly key: readonly string[];
  /** What a record without a value means: delete the row of its key, reject the record, or ignore it. */
  readonly tombstones: "delete" | "reject" | "ignore";
};

/** A source of random numbers in [0, 1). */
export type Random = () => number;

/** Input of a generator. */
export interface Moment {
  /** User, 0 … users − 1. */
  readonly userID: number;
  /** Unix seconds, with a fraction. */
  readonly timestamp: number;
  readonly random: Random;
}

/** A record type, its topic and its table. */
export interface Stream<Value = unknown> {
  /** Name in `STREAMS`: that of the file without its extension. */
  readonly name: string;
  readonly topic: string;
  /** Name of the table as in SQL: `orders`, `sales.orders`, `"Sales"."Order Items"`. */
  readonly table: string;
  /** Description in one line. */
  readonly about: string;
  /** Format of the value of a record. Texts and bytes have no schema: each member column has an empty path. Default: `json`. */
  readonly format?: "json" | "text" | "bytes";
  /** Validates a parsed JSON value. The single authority on validity. */
  readonly schema: z.ZodType<Value>;
  /** The columns, in the order of the table. */
  readonly columns: readonly Column[];
  /** By default each record is appended as a new row. */
  readonly write?: WriteMode;
  /** Name of the column whose value is the key of generated records. By default they have no key. */
  readonly key?: string;
  /** By default records are generated from the schema. */
  readonly generate?: RecordGenerator<Value>;
  /** Only other programs produce this stream; the producer skips it. */
  readonly consumeOnly?: true;
}

/** Generates plausible records. They must be valid, and are as JSON has them, except that `bigint` and `Decimal` are exact numbers. */
export interface RecordGenerator<Value = unknown> {
  /** Generates a record with uniformly distributed values. */
  readonly uniform: (moment: Moment) => Value;
  /** Generates a plausible next record of a user; `last` is `undefined` for the first one. */
  readonly walk: (moment: Moment, last: Value | undefined) => Value;
}

/** Declares a stream, with its record's type checked against the schema. */
export const defineStream = <Value>(stream: Stream<Value>): Stream => stream as Stream;

/** Schema of `userID`: a non-negative integer in the range of INT. */
export const userID = z.number({ error: "userID is missing or not a number" })
  .int({ error: "userID is not a whole number" })
  .min(0, { error: "userID is below 0" })
  .max(2_147_483_647, { error: "userID is above 2147483647" });

/** Schema of `timestamp`: Unix seconds with a fraction. */
export const timestamp = z.number({ error: "timestamp is missing or not a finite number" })
  .min(0, { error: "timestamp is below 0" });

/** The columns of the streams of a user's records. `userId` is the Python original's name of `userID`. */
export const USER_ID_COLUMN: Column = {
  name: "user_id",
  type: "integer",
  path: ["userID"],
  aliases: ["userId"],
};
export const TIMESTAMP_COLUMN: Column = { name: "timestamp", type: "double precision", path: ["timestamp"] };
