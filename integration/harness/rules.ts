/**
 * What DESIGN.md says of a record, stated a second time and independently of the services: the oracle judges by this.
 *
 * @module
 */
import { jsonOutline } from "./json_outline.ts";

/** What the oracle knows of a stream. */
export interface Rules {
  /** Name in `STREAMS`. */
  readonly stream: string;
  /** Topic, without a prefix. */
  readonly topic: string;
  readonly table: string;
  /** Columns in their order. */
  readonly columns: readonly string[];
  /** The row that a record's JSON object stands for; undefined when it breaks a rule. */
  readonly row: (record: Record<string, unknown>) => number[] | undefined;
}

/** `userID`, else `userId`; an integer that PostgreSQL's INT can hold, which knows no −0. */
function user(record: Record<string, unknown>): number | undefined {
  const value = Object.hasOwn(record, "userID") ? record.userID : record.userId;
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 2_147_483_647
    ? value + 0
    : undefined;
}

/** A finite number within limits, both allowed. */
function real(value: unknown, low: number, high: number): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= low && value <= high
    ? value
    : undefined;
}

/** The numbers, if all are there. */
function all(...numbers: (number | undefined)[]): number[] | undefined {
  return numbers.includes(undefined) ? undefined : numbers as number[];
}

export const ROUTES: Rules = {
  stream: "routes",
  topic: "routes",
  table: "routes_table",
  columns: ["user_id", "timestamp", "latitude", "longitude"],
  row: (record) => {
    const { coordinates } = record;
    if (!Array.isArray(coordinates) || coordinates.length !== 2) return undefined;
    return all(
      user(record),
      real(record.timestamp, 0, Infinity),
      real(coordinates[0], -90, 90),
      real(coordinates[1], -180, 180),
    );
  },
};

export const BATTERY: Rules = {
  stream: "battery",
  topic: "battery",
  table: "battery_table",
  columns: ["user_id", "timestamp", "level"],
  row: (record) => all(user(record), real(record.timestamp, 0, Infinity), real(record.level, 0, 1)),
};

/** Deepest nesting of a value that is stored. */
const MAX_DEPTH = 100;

/** Strict: malformed sequences throw, and a byte order mark stays where it is, for JSON to refuse. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The row that a record's value stands for, or undefined when it must lie in quarantine.
 *
 * @param value Its bytes; null when there are none.
 */
export function rowOf(rules: Rules, value: Uint8Array | null): number[] | undefined {
  if (value === null) return undefined;
  let text: string, record: unknown;
  try {
    text = utf8.decode(value);
    record = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof record !== "object" || record === null || Array.isArray(record)) return undefined;
  const { depth, names } = jsonOutline(text);
  if (depth > MAX_DEPTH || new Set(names).size < names.length) return undefined;
  return rules.row(record as Record<string, unknown>);
}
