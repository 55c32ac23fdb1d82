/**
 * Types of settings: they parse and validate the text of a setting.
 *
 * @module
 */
import { isIPv6 } from "node:net";
import { z } from "zod";
import { isHostName, parseBootstrapServers, textOf } from "../kafka/address.ts";
import { PEM_VARIABLES, referenceTo, variableIn } from "./pem_variables.ts";

/** Decimal numbers only: `Number()` also accepts Infinity and hexadecimal, octal and binary numbers. */
const NUMBER = {
  "a number": /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
  "a whole number": /^[+-]?\d+$/,
} as const;

function numberOf(kind: keyof typeof NUMBER, min: number, max: number): z.ZodType<number, string> {
  const range = max === Infinity ? `, ${min} or more` : ` from ${min} to ${max}`;
  return z.string().transform((text, context) => {
    // "+ 0" turns −0 into 0.
    const value = NUMBER[kind].test(text.trim()) ? Number(text) + 0 : NaN;
    const isExact = kind === "a number" || Number.isSafeInteger(value);
    if (Number.isFinite(value) && isExact && value >= min && value <= max) return value;
    context.addIssue({ code: "custom", message: `is not ${kind}${range}` });
    return z.NEVER;
  });
}

/** Any text; empty: not set. */
export const text: z.ZodType<string, string> = z.string();

/** A whole number from `min` to `max`. */
export const integer = (min: number, max = Infinity): z.ZodType<number, string> =>
  numberOf("a whole number", min, max);

/** A number from `min` to `max`; fractions are allowed. */
export const number = (min: number, max = Infinity): z.ZodType<number, string> =>
  numberOf("a number", min, max);

/** A number, or `undefined` if the text is empty. */
export const optionalNumber = (min: number, max = Infinity): z.ZodType<number | undefined, string> =>
  optional(number(min, max));

/** A whole number, or `undefined` if the text is empty. */
export const optionalInteger = (min: number, max = Infinity): z.ZodType<number | undefined, string> =>
  optional(integer(min, max));

function optional<T>(type: z.ZodType<T, string>): z.ZodType<T | undefined, string> {
  return z.string().transform((text, context) => {
    if (text === "") return undefined;
    const result = type.safeParse(text);
    if (result.success) return result.data;
    context.addIssue({ code: "custom", message: result.error.issues[0]!.message });
    return z.NEVER;
  });
}

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A duration such as 30d, 12h, 90m or 5s, in seconds; `undefined` if the text is empty. */
export const optionalDuration: z.ZodType<number | undefined, string> = optional(
  z.string().transform((text, context) => {
    const [, count, unit] = /^(\d{1,9})(s|m|h|d)$/.exec(text) ?? [];
    if (unit !== undefined) return Number(count) * SECONDS_PER_UNIT[unit]!;
    context.addIssue({ code: "custom", message: "is not a duration such as 30d, 12h or 90m" });
    return z.NEVER;
  }),
);

/** Seconds; 0 or less: no limit, with the value 0. */
export const timeoutSeconds: z.ZodType<number, string> = integer(-2_147_483_648, 2_147_483)
  .transform((seconds) => Math.max(0, seconds));

/** `true` or `false`, also written 1/0, yes/no or on/off. */
export const boolean: z.ZodType<boolean, string> = z.string().transform((text, context) => {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  context.addIssue({ code: "custom", message: "is neither true nor false" });
  return z.NEVER;
});

/** One of some words in any case; the value is spelled as given here. */
export const oneOf = <const W extends string>(...words: W[]): z.ZodType<W, string> =>
  z.string().transform((text, context) => {
    const word = words.find((word) => word.toLowerCase() === text.toLowerCase());
    if (word !== undefined) return word;
    context.addIssue({ code: "custom", message: `is not one of ${words.join(", ")}` });
    return z.NEVER;
  });

/** Items separated by commas, possibly none. */
export const optionalList: z.ZodType<string[], string> = z.string().transform((text) =>
  text.split(",").map((item) => item.trim()).filter((item) => item !== "")
);

/** Items separated by commas, at least one. */
export const list: z.ZodType<string[], string> = optionalList.refine(
  (items) => items.length > 0,
  "must contain at least one comma-separated item",
);

/** Whether a text is PEM. It is never printed, because it may be a private key. */
export const isFileContent = (text: string): boolean => text.includes("-----BEGIN ");

/** The path of a PEM file, or a reference to a variable with its content. It is read where it is used. */
export const path: z.ZodType<string, string> = z.string().superRefine((text, { addIssue }) => {
  const variable = variableIn(text);
  if (isFileContent(text)) {
    addIssue({ code: "custom", message: "is the content of a file: set it to the path of this file" });
  } else if (variable !== undefined && !PEM_VARIABLES.some((known) => known === variable)) {
    addIssue({ code: "custom", message: `is not one of ${PEM_VARIABLES.map(referenceTo).join(", ")}` });
  }
});

/** A host name, or an IP address without brackets. */
export const host: z.ZodType<string, string> = z.string().superRefine((text, { addIssue }) => {
  if (isHostName(text) || isIPv6(text)) return;
  const message = /^[/@]/.test(text)
    ? "is a directory of Unix sockets, but the services connect by TCP: set a host name or an address, such as localhost"
    : text.includes(",")
    ? "names several servers, but the services use one: set the host name of the primary"
    : "is not a host name or an IP address; write it without port, brackets and quotes";
  addIssue({ code: "custom", message });
});

/** Addresses of brokers, at least one, each as `host:port` or `[IPv6]:port`. */
export const bootstrapServers: z.ZodType<string[], string> = z.string().transform((text, { addIssue }) => {
  const servers = parseBootstrapServers(text);
  if (typeof servers === "object") return servers.addresses.map(textOf);
  addIssue({ code: "custom", message: servers });
  return z.NEVER;
});
