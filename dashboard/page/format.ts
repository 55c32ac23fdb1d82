/**
 * Numbers and times for people.
 *
 * @module
 */

/** The last second of the year 9999; what lies beyond is no time that a calendar shows. */
const LAST_TIME = 253_402_300_799;

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const MINUTE = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DATE = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });

/** A count: whole below 10,000, then with three digits and `k`, `M`, `G`. */
export function count(value: number): string {
  for (const [limit, unit] of [[1e9, "G"], [1e6, "M"], [1e4, "k"]] as const) {
    const scale = unit === "k" ? 1e3 : limit;
    if (value >= limit) return `${(value / scale).toPrecision(3)} ${unit}`;
  }
  return Math.round(value).toLocaleString("en-US");
}

/** A rate: with a decimal where it is small. */
export const rate = (value: number): string => value > 0 && value < 10 ? value.toFixed(1) : count(value);

/** A duration in the unit that suits it. */
export function seconds(value: number): [text: string, unit: string] {
  if (value < 1) return [(value * 1000).toPrecision(value < 0.1 ? 2 : 3).replace(/\.0+$/, ""), "ms"];
  if (value < 120) return [value.toPrecision(3), "s"];
  return [(value / 60).toPrecision(3), "min"];
}

/** The same for an axis, in one text and without zeros at the end. */
export function shortSeconds(value: number): string {
  const [text, unit] = seconds(value);
  return value === 0 ? "0" : `${Number(text)} ${unit}`;
}

/** A record's timestamp, Unix seconds, in the reader's own time zone; as a number where no calendar has it. */
export function moment(timestamp: number): string {
  if (!(timestamp >= 0 && timestamp <= LAST_TIME)) return String(timestamp);
  const date = new Date(timestamp * 1000);
  return `${DATE.format(date)}, ${TIME.format(date)}`;
}

/** The time of day. */
export const clock = (milliseconds: number): string => TIME.format(new Date(milliseconds));

/** Ticks of an axis of time, Unix seconds: with seconds only where minutes alone would repeat. */
export function ticks(values: readonly number[]): string[] {
  const close = values.length > 1 && values[1]! - values[0]! < 60;
  return values.map((value) =>
    value > LAST_TIME ? String(value) : (close ? TIME : MINUTE).format(value * 1000)
  );
}

/** Degrees with their letter. */
export const degrees = (value: number, letters: readonly [string, string]): string =>
  `${Math.abs(value).toFixed(4)}° ${letters[value < 0 ? 1 : 0]}`;

/** Bytes. */
export const bytes = (value: number): string =>
  value === 1 ? "1 byte" : `${value.toLocaleString("en-US")} bytes`;

/** A distance, metres. */
export const distance = (metres: number): string =>
  metres < 1000
    ? `${Math.round(metres)} m`
    : `${(metres / 1000).toLocaleString("en-US", { maximumSignificantDigits: 3 })} km`;
