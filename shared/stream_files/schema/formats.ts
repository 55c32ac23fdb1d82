/**
 * Schemas of texts: lengths, patterns and formats.
 *
 * @module
 */
import { z } from "zod";
import { parseType } from "../../types/type_descriptor.ts";
import { withProof } from "../../zod_node.ts";
import { type JsonObject, memberOf } from "../parse_json.ts";
import { countOf } from "./keywords.ts";

/** RFC 3339, section 5.6, full-time. */
const FULL_TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Most URLs. No label of the host begins with `xn--`, and the last one is no number, as in an IPv4 address. */
export const PLAIN_URL = /^https?:\/\/(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]+(?::\d{1,4})?(?:[/?#][!-~]*)?$/;

/** By the name of the format. */
const SCHEMAS: Readonly<Record<string, () => z.ZodString | z.ZodStringFormat>> = {
  "date-time": () => z.iso.datetime({ offset: true }),
  date: () => z.iso.date(),
  time: () => z.string().regex(FULL_TIME, "Invalid time"),
  duration: () => z.iso.duration(),
  email: () => z.email(),
  // Not z.hostname(), whose check is a function.
  hostname: () => z.string().regex(z.regexes.hostname, "Invalid hostname"),
  ipv4: () => z.ipv4(),
  ipv6: () => z.ipv6(),
  uri: () =>
    z.string().check(withProof(z.refine<string>((text) => URL.canParse(text), "Invalid URI"), PLAIN_URL)),
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

/**
 * The schema of a text.
 *
 * @param columnType declared type of the column that stores the text, if there is one
 */
export function convertString(schema: JsonObject, columnType?: string): z.ZodType {
  const checkedFormat = columnType === undefined ? undefined : formatOfType(columnType);
  const format = memberOf(schema, "format") as string | undefined;
  const formats: (z.ZodString | z.ZodStringFormat)[] = [];
  if (format !== undefined && format !== checkedFormat) formats.push(SCHEMAS[format]!());
  if (memberOf(schema, "contentEncoding") === "base64" && checkedFormat !== "base64") {
    formats.push(z.base64());
  }
  let text: z.ZodType<string> = formats[0] ?? z.string();
  const pattern = memberOf(schema, "pattern") as string | undefined;
  if (pattern !== undefined) text = text.check(z.regex(new RegExp(pattern, "u")));
  const min = countOf(schema, "minLength"), max = countOf(schema, "maxLength");
  if (min !== undefined) text = text.check(z.minLength(min));
  if (max !== undefined) text = text.check(z.maxLength(max));
  return formats[1] ? z.intersection(text, formats[1]) : text;
}
