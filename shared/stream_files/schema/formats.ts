/**
 * Schemas of texts: lengths, patterns and formats.
 *
 * @module
 */
import { z } from "zod";
import { parseType } from "../../types/type_descriptor.ts";
import { type JsonObject, memberOf } from "../parse_json.ts";
import { countOf } from "./keywords.ts";

/** RFC 3339, section 5.6, full-time. */
const FULL_TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** By the name of the format. */
const SCHEMAS: Readonly<Record<string, () => z.ZodType<string>>> = {
  "date-time": () => z.iso.datetime({ offset: true }),
  date: () => z.iso.date(),
  time: () => z.string().regex(FULL_TIME, "Invalid time"),
  duration: () => z.iso.duration(),
  email: () => z.email(),
  hostname: () => z.hostname(),
  ipv4: () => z.ipv4(),
  ipv6: () => z.ipv6(),
  uri: () => z.string().refine((text) => URL.canParse(text), "Invalid URI"),
  // Any version and variant, as in PostgreSQL.
  uuid: () => z.guid(),
};

/** The supported values of `format`. */
export const FORMATS: readonly string[] = Object.keys(SCHEMAS);

/** The format that the type of a column checks itself: its texts are not checked twice. */
const FORMAT_OF_KIND: Readonly<Record<string, string>> = {
  uuid: "uuid",
  date: "date",
  "timestamp without time zone": "date-time",
  "timestamp with time zone": "date-time",
  bytea: "base64",
};

function formatOfType(type: string): string | undefined {
  const descriptor = parseType(type);
  return FORMAT_OF_KIND[(descriptor?.element ?? descriptor)?.kind ?? ""];
}

/** Code points, which JSON Schema counts; `length` counts UTF-16 code units. */
function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/**
 * The schema of a text.
 *
 * @param columnType declared type of the column that stores the text, if there is one
 */
export function convertString(schema: JsonObject, columnType?: string): z.ZodType {
  const checkedFormat = columnType === undefined ? undefined : formatOfType(columnType);
  const format = memberOf(schema, "format") as string | undefined;
  const parts: z.ZodType[] = [];
  if (format !== undefined && format !== checkedFormat) parts.push(SCHEMAS[format]!());
  if (memberOf(schema, "contentEncoding") === "base64" && checkedFormat !== "base64") parts.push(z.base64());
  let text = z.string();
  const pattern = memberOf(schema, "pattern") as string | undefined;
  if (pattern !== undefined) text = text.regex(new RegExp(pattern, "u"));
  const min = countOf(schema, "minLength"), max = countOf(schema, "maxLength");
  // One code unit is at least one code point and at most one.
  if (min !== undefined && min <= 1) text = text.min(min);
  else if (min !== undefined) {
    text = text.refine(
      (value) => countCodePoints(value) >= min,
      `Too small: expected string to have >=${min} characters`,
    );
  }
  if (max !== undefined) {
    // A text with at most this many code units needs no count.
    text = text.refine(
      (value) => value.length <= max || countCodePoints(value) <= max,
      `Too big: expected string to have <=${max} characters`,
    );
  }
  if (parts.length === 0 || pattern !== undefined || min !== undefined || max !== undefined) {
    parts.unshift(text);
  }
  return parts.reduce((all, part) => z.intersection(all, part));
}
