/**
 * What a setting is: declared once, read from flags, environment and `host_settings.ini`, shown by `--help` and the README.
 *
 * @module
 */
import { isIPv6 } from "node:net";
import { z } from "zod";
import { isHostName, parseBootstrapServers, textOf } from "../kafka/address.ts";

/**
 * What settings are about. A program reads whole groups, so that a group has what its programs use and nothing else. It also groups
 * them in `--help` and in the README.
 */
export type Group =
  | "kafka"
  | "topics"
  | "postgresql"
  | "streams"
  | "producer"
  | "consumer"
  | "rejects"
  | "dashboard"
  | "http"
  | "log"
  | "summary";

/** One setting, as declared in `table.ts`. */
export interface Setting<T = unknown> {
  /** Which part of the help it stands in. */
  readonly group: Group;
  /** One line for people; shown in `--help` and in the README. */
  readonly help: string;
  /** From text to value; its message ends the sentence "NAME=value …". */
  readonly schema: z.ZodType<T, string>;
  /** The text used where nothing is set; an empty text stands for "not set". */
  readonly default: string;
  /** A secret's value is never printed, and can come from the file named by `NAME_FILE`. */
  readonly secret?: boolean;
  /** Section and keys in `host_settings.ini`, which are different names for the same. */
  readonly ini?: readonly [section: "kafka" | "postgresql", ...keys: string[]];
  /** Name on the command line, without `--`. */
  readonly flag: string;
}

type Rest = Omit<Setting, "schema" | "group" | "help" | "default">;

const declare =
  <T>(schema: z.ZodType<T, string>) =>
  (group: Group, fallback: string, help: string, rest: Rest): Setting<T> => ({
    group,
    help,
    schema,
    default: fallback,
    ...rest,
  });

/** Decimal numbers only: `Number()` also accepts Infinity, hexadecimal, octal and binary ones. */
const NUMBER = {
  "a number": /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
  "a whole number": /^[+-]?\d+$/,
} as const;

const numberText = (kind: keyof typeof NUMBER, min: number, max: number) => {
  const range = max === Infinity ? `, ${min} or more` : ` from ${min} to ${max}`;
  return z.string().transform((text, context) => {
    // Plus zero: −0 is 0.
    const value = NUMBER[kind].test(text.trim()) ? Number(text) + 0 : NaN;
    const whole = kind === "a number" || Number.isSafeInteger(value);
    if (Number.isFinite(value) && whole && value >= min && value <= max) return value;
    context.addIssue({ code: "custom", message: `is not ${kind}${range}` });
    return z.NEVER;
  });
};

/** Any text; empty means not set. */
export const text = declare(z.string());

/** Seconds; 0 or less: no limit, which is 0 as a value. */
export const timeoutSeconds = declare(
  numberText("a whole number", -2_147_483_648, 2_147_483).transform((seconds) => Math.max(0, seconds)),
);

/** A host name or an IP address without brackets. */
export const host = declare(
  z.string().superRefine((text, { addIssue }) => {
    if (isHostName(text) || isIPv6(text)) return;
    const message = /^[/@]/.test(text)
      ? "is a directory of Unix sockets, and the services connect by TCP: set a host name or an address, such as localhost"
      : text.includes(",")
      ? "names several servers, and the services use one: set the primary's"
      : "is not a host name or an IP address, which are written without port, brackets and quotes";
    addIssue({ code: "custom", message });
  }),
);

/** Addresses of brokers, at least one; the value has each as `host:port` or `[IPv6]:port`. */
export const bootstrapServers = declare(
  z.string().transform((text, { addIssue }) => {
    const servers = parseBootstrapServers(text);
    if (typeof servers === "object") return servers.addresses.map(textOf);
    addIssue({ code: "custom", message: servers });
    return z.NEVER;
  }),
);

/** A path to a file; that it can be read is checked where it is opened. */
export const path = declare(
  z.string().refine(
    (text) => !isFileContent(text),
    "is the content of a file: set it to the path of this file",
  ),
);

/** Whether a text is PEM, which is never shown: it may be a private key. */
export const isFileContent = (text: string): boolean => text.includes("-----BEGIN ");

/** A whole number from `min` to `max`. */
export const integer = (min: number, max = Infinity): ReturnType<typeof declare<number>> =>
  declare(numberText("a whole number", min, max));

/** A number from `min` to `max`, fractions allowed. */
export const number = (min: number, max = Infinity): ReturnType<typeof declare<number>> =>
  declare(numberText("a number", min, max));

/** A number, or nothing at all. */
export const optionalNumber = (min: number, max = Infinity): ReturnType<typeof declare<number | undefined>> =>
  declare(
    z.string().transform((value, context) => {
      if (value === "") return undefined;
      const result = numberText("a number", min, max).safeParse(value);
      if (result.success) return result.data;
      context.addIssue({ code: "custom", message: result.error.issues[0]!.message });
      return z.NEVER;
    }),
  );

/** `true` or `false`, also spelled 1/0, yes/no, on/off. */
export const flag = declare(
  z.string().transform((value, context) => {
    if (/^(true|1|yes|on)$/i.test(value)) return true;
    if (/^(false|0|no|off)$/i.test(value)) return false;
    context.addIssue({ code: "custom", message: "is neither true nor false" });
    return z.NEVER;
  }),
);

/** One of some words, whatever their case; the value is spelled as given here. */
export const oneOf = <const W extends string>(...words: W[]): ReturnType<typeof declare<W>> =>
  declare(
    z.string().transform((value, context) => {
      const word = words.find((w) => w.toLowerCase() === value.toLowerCase());
      if (word !== undefined) return word;
      context.addIssue({ code: "custom", message: `is not one of ${words.join(", ")}` });
      return z.NEVER;
    }),
  );

/** Words separated by commas, at least one. */
export const list = declare(
  z.string().transform((value, context) => {
    const items = value.split(",").map((item) => item.trim()).filter((item) => item !== "");
    if (items.length > 0) return items;
    context.addIssue({ code: "custom", message: "names nothing: give one or more, separated by commas" });
    return z.NEVER;
  }),
);

/** Words separated by commas, or nothing at all. */
export const optionalList = declare(
  z.string().transform((value) => value.split(",").map((item) => item.trim()).filter((item) => item !== "")),
);
