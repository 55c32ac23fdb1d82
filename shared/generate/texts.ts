/**
 * Generators of texts: those of a format or pattern of the schema, of the column's type, or words.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Random as PatternRandom, stringMatching } from "fast-check";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { z } from "zod";
import type { ColumnLimits } from "./column_limits.ts";
import { type Constraints, constraintsOf, type Definition } from "./constraints.ts";
import { type Draw, pick, randomInteger } from "./draw.ts";
import type { Random } from "../stream.ts";

type Text = (draw: Draw) => string;

/** Some need more than one byte per character in UTF-8. */
const WORDS =
  ("amber basin cedar delta ember fjord grove harbor island jasper kernel lagoon meadow nectar orchid " +
    "prairie quartz river summit timber valley willow Zürich Kraków 東京 λόγος 🌱").split(" ");
const ASCII_WORDS = WORDS.filter((word) => /^[a-z]+$/.test(word));
/** Length of texts that may be longer. */
const LENGTH = 16;
const BYTES_MAX = 24;

const hex = (random: Random, digits: number) =>
  Math.floor(random() * 16 ** digits).toString(16).padStart(digits, "0");

/** @param version a digit, 1 … 8 */
const uuidOf = (version: string): Text => ({ random }) =>
  [
    hex(random, 8),
    hex(random, 4),
    version + hex(random, 3),
    pick(random, [..."89ab"]) + hex(random, 3),
    hex(random, 12),
  ]
    .join("-");
const uuid = uuidOf("4");

/** The record's time in ISO 8601. @param precision digits after the seconds; -1: without seconds */
function isoTime(timestamp: number, precision = 6): string {
  const ms = Math.floor(timestamp * 1_000);
  const text = new Date(ms).toISOString();
  if (precision < 0) return text.slice(0, 16);
  if (precision === 0) return text.slice(0, 19);
  const micros = String(Math.min(999, Math.round(timestamp * 1e6 - ms * 1e3))).padStart(3, "0");
  return (text.slice(0, 23) + micros).slice(0, 20 + precision).padEnd(20 + precision, "0");
}

const localTime = (definition: Definition): Text => ({ timestamp }) =>
  isoTime(timestamp, definition["precision"] as number | undefined ?? undefined);

const date: Text = ({ timestamp }) => isoTime(timestamp).slice(0, 10);
const base64: Text = ({ random }) =>
  Buffer.from(
    Array.from({ length: randomInteger(random, 0, BYTES_MAX) }, () => randomInteger(random, 0, 255)),
  )
    .toString("base64");
export const word: Text = ({ random }) => pick(random, WORDS);
const asciiWord: Text = ({ random }) => pick(random, ASCII_WORDS);

/** Generators of zod's formats that are not left to their patterns. */
const FORMATS: Readonly<Record<string, (definition: Definition) => Text>> = {
  datetime: (definition) => {
    const time = localTime(definition);
    return (draw) => `${time(draw)}Z`;
  },
  date: () => date,
  time: (definition) => {
    const time = localTime(definition);
    return (draw) => time(draw).slice(11);
  },
  duration: () => ({ random }) => `PT${randomInteger(random, 0, 10_000)}S`,
  email: () => (draw) => `${asciiWord(draw)}.${asciiWord(draw)}@example.com`,
  url: () => (draw) => `https://example.com/${asciiWord(draw)}/${asciiWord(draw)}`,
  hostname: () => (draw) => `${asciiWord(draw)}.example.com`,
  ipv4: () => ({ random }) => Array.from({ length: 4 }, () => randomInteger(random, 0, 255)).join("."),
  ipv6: () => ({ random }) => `2001:db8::${hex(random, 4).replace(/^0+(?=.)/, "")}`,
  emoji: () => ({ random }) => pick(random, ["🌱", "🌊", "🪨"]),
  base64: () => base64,
};

const digits = (max: number): Text => ({ random }) => String(randomInteger(random, 0, max));

/** Texts that columns of a type accept. */
const KINDS: Partial<Readonly<Record<NonNullable<ColumnLimits["kind"]>, Text>>> = {
  smallint: digits(30_000),
  integer: digits(1_000_000),
  bigint: digits(1_000_000),
  numeric: digits(9),
  real: digits(1_000),
  "double precision": digits(1_000),
  boolean: ({ random }) => String(random() < 0.5),
  uuid,
  date,
  "timestamp without time zone": ({ timestamp }) => isoTime(timestamp),
  "timestamp with time zone": ({ timestamp }) => `${isoTime(timestamp)}Z`,
  bytea: base64,
};

/** Generates texts that a type accepts. */
export const textOfKind = (kind: NonNullable<ColumnLimits["kind"]>): Text => KINDS[kind] ?? word;

/** Generates texts that match a pattern. */
export function matching(pattern: RegExp): Text {
  const arbitrary = stringMatching(pattern);
  return ({ random }) => {
    // Seeded by `random`, so that the same seed results in the same text.
    const generator = xoroshiro128plus(Math.floor(random() * 0x1_0000_0000) | 0);
    return arbitrary.generate(new PatternRandom(generator), undefined).value;
  };
}

/** Generates words within the limits of length. */
function words(
  { minLength, maxLength, formats }: Constraints,
  { maxLength: columnMax = Infinity }: ColumnLimits,
): Text {
  const part = (name: string, property: string) =>
    formats.filter(({ format }) => format === name).map((format) => String(format[property])).join("");
  const prefix = part("starts_with", "prefix");
  const suffix = part("includes", "includes") + part("ends_with", "suffix");
  const fixed = prefix.length + suffix.length;
  const max = Math.min(maxLength, columnMax, Math.max(minLength, LENGTH + fixed));
  return (draw) => {
    let text = word(draw);
    while (text.length + fixed < minLength || (draw.random() < 0.5 && text.length + fixed < max / 2)) {
      text += ` ${word(draw)}`;
    }
    // A surrogate pair must not be cut.
    text = text.slice(0, Math.max(0, max - fixed)).replace(/[\ud800-\udbff]$/, "-");
    // Trailing spaces would be lost by .trim(), and by char(n).
    return prefix + text.replace(/ +$/, (spaces) => "-".repeat(spaces.length)) + suffix;
  };
}

/**
 * Generates texts, as `z.string()` accepts them.
 *
 * @throws {Error} if a pattern has syntax that the generator of patterns does not support
 */
export function text(schema: z.core.$ZodType, limits: ColumnLimits): Text {
  const constraints = constraintsOf(schema);
  const { formats } = constraints;
  for (const definition of formats) {
    const { format, pattern, version } = definition;
    if (format === "uuid") return version ? uuidOf(version.slice(1)) : uuid;
    const known = FORMATS[format];
    if (known) return known(definition);
    const isPart = ["starts_with", "ends_with", "includes", "lowercase", "uppercase"].includes(format);
    if (!isPart && pattern instanceof RegExp) return matching(pattern);
  }
  const ofKind = formats.length === 0 && limits.kind ? KINDS[limits.kind] : undefined;
  if (ofKind) return ofKind;
  const generate = words(constraints, limits);
  if (formats.some(({ format }) => format === "lowercase")) return (draw) => generate(draw).toLowerCase();
  if (formats.some(({ format }) => format === "uppercase")) return (draw) => generate(draw).toUpperCase();
  return generate;
}
