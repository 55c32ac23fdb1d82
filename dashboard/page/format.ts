/**
 * Formats numbers, times and units.
 *
 * @module
 */
import type { TimeKind } from "../protocol.ts";

/** The last second of the year 9999, Unix seconds; later timestamps are shown as numbers. */
const LAST_TIME = 253_402_300_799;
/** The first second of the year 1. */
const FIRST_TIME = -62_135_596_800;

const TIME_OPTIONS = {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
} as const;
const DATE_OPTIONS = { year: "numeric", month: "short", day: "numeric" } as const;
const TIME = new Intl.DateTimeFormat(undefined, TIME_OPTIONS);
const MINUTE = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DATE = new Intl.DateTimeFormat(undefined, DATE_OPTIONS);
const UTC_TIME = new Intl.DateTimeFormat(undefined, { ...TIME_OPTIONS, timeZone: "UTC" });
const UTC_DATE = new Intl.DateTimeFormat(undefined, { ...DATE_OPTIONS, timeZone: "UTC" });

/** Rounded to significant digits, without the exponent of toPrecision(). */
const significant = (value: number, digits: number): string =>
  value.toLocaleString("en-US", { minimumSignificantDigits: digits, maximumSignificantDigits: digits });

/** Whole below 10,000, then three digits with `k`, `M` or `G`. */
export function formatCount(value: number): string {
  for (const [limit, unit] of [[1e9, "G"], [1e6, "M"], [1e4, "k"]] as const) {
    const scale = unit === "k" ? 1e3 : limit;
    if (value >= limit) return `${significant(value / scale, 3)} ${unit}`;
  }
  return Math.round(value).toLocaleString("en-US");
}

/** Like {@link formatCount}, with one decimal below 10. */
export const formatRate = (value: number): string =>
  value > 0 && value < 10 ? value.toFixed(1) : formatCount(value);

/** A duration in ms, s or min. */
export function formatSeconds(value: number): [text: string, unit: string] {
  if (value < 1) return [significant(value * 1000, value < 0.1 ? 2 : 3).replace(/\.0+$/, ""), "ms"];
  if (value < 120) return [significant(value, 3), "s"];
  return [significant(value / 60, 3), "min"];
}

/**
 * A date and time in the browser's time zone, or the number if it is not a date up to the year 9999.
 *
 * @param timestamp Unix seconds
 */
export function formatTimestamp(timestamp: number): string {
  if (!(timestamp >= 0 && timestamp <= LAST_TIME)) return String(timestamp);
  const date = new Date(timestamp * 1000);
  return `${DATE.format(date)}, ${TIME.format(date)}`;
}

/** Two times; the date only once if it is the same. Unix seconds. */
export function formatPeriod(first: number, last: number): string {
  const [from, to] = [formatTimestamp(first), formatTimestamp(last)];
  if (from === to) return from;
  const date = from.slice(0, from.lastIndexOf(", ") + 2);
  return `${from} – ${date !== "" && to.startsWith(date) ? to.slice(date.length) : to}`;
}

/**
 * A value of a column with times: an instant in the browser's time zone; others as the column has them.
 *
 * @param part only the date or only the time of day
 */
export function formatColumnTime(seconds: number, kind: TimeKind, part?: "date" | "time"): string {
  if (!(seconds >= FIRST_TIME && seconds <= LAST_TIME)) return String(seconds);
  const at = new Date(seconds * 1000);
  const [date, time] = kind === "instant" ? [DATE, TIME] : [UTC_DATE, UTC_TIME];
  if (kind === "date" || part === "date") return date.format(at);
  return part === "time" ? time.format(at) : `${date.format(at)}, ${time.format(at)}`;
}

/** The ends of a range of times: as times of day if they are on the same day, else as dates. */
export function formatTimeRange(min: number, max: number, kind: TimeKind): [min: string, max: string] {
  const part = formatColumnTime(min, kind, "date") === formatColumnTime(max, kind, "date") ? "time" : "date";
  return [formatColumnTime(min, kind, part), formatColumnTime(max, kind, part)];
}

/** The time of day in the browser's time zone. */
export const formatTime = (milliseconds: number): string => TIME.format(new Date(milliseconds));

/** Ticks of a time axis, Unix seconds. Seconds are shown if the ticks are less than a minute apart. */
export function formatTicks(values: readonly number[]): string[] {
  const showSeconds = values.length > 1 && values[1]! - values[0]! < 60;
  return values.map((value) =>
    value > LAST_TIME ? String(value) : (showSeconds ? TIME : MINUTE).format(value * 1000)
  );
}

/** @param letters for positive and negative values */
export const formatDegrees = (value: number, letters: readonly [string, string]): string =>
  `${Math.abs(value).toFixed(4)}° ${letters[value < 0 ? 1 : 0]}`;

export const formatBytes = (value: number): string =>
  value === 1 ? "1 byte" : `${value.toLocaleString("en-US")} bytes`;

export const formatDistance = (meters: number): string =>
  meters < 1000
    ? `${Math.round(meters)} m`
    : `${(meters / 1000).toLocaleString("en-US", { maximumSignificantDigits: 3 })} km`;

const COLLATOR = new Intl.Collator(undefined, { numeric: true });

/** Orders keys; numbers within them by value. */
export const compareKeys = COLLATOR.compare;

/** A column's name as a noun: `User` of `user_id`, `Station` of `station`. */
export function keyNoun(column: string | undefined): string {
  const words = (column ?? "row").replace(/_(?:id|key|name)$/, "").replaceAll("_", " ");
  return words[0]!.toUpperCase() + words.slice(1);
}

/** `1 user`, `25 users`. */
export function plural(count: number, noun: string): string {
  const word = noun.toLowerCase();
  return `${count.toLocaleString("en-US")} ${
    count === 1 ? word : word.replace(/([^aeiou])y$/, "$1ie") + "s"
  }`;
}
