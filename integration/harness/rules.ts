/**
 * Independent implementation of the record rules in README.md, used to compare topics with tables.
 *
 * @module
 */
import { jsonOutline } from "./json_outline.ts";

/** The rules of a stream. */
export interface Rules {
  /** Name in `STREAMS`. */
  readonly stream: string;
  /** Topic, without a prefix. */
  readonly topic: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** Returns the row of a record's JSON object; undefined if the object violates a rule. */
  readonly row: (record: Record<string, unknown>) => number[] | undefined;
}

/** `userID`, else `userId`: a non-negative integer in the range of INT. −0 becomes 0. */
function user(record: Record<string, unknown>): number | undefined {
  const value = Object.hasOwn(record, "userID") ? record.userID : record.userId;
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 2_147_483_647
    ? value + 0
    : undefined;
}

/** A finite number in [low, high]. */
function real(value: unknown, low: number, high: number): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= low && value <= high
    ? value
    : undefined;
}

/** The numbers, unless one is missing. */
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

/** Maximum nesting depth of a valid record. */
const MAX_DEPTH = 100;

/** Invalid sequences throw; JSON.parse rejects a byte order mark. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the row of a record's value, or undefined if the record must be rejected. */
export function expectedRow(rules: Rules, value: Uint8Array | null): number[] | undefined {
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
