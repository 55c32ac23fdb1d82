/**
 * Validates parsed values with a stream's schema.
 *
 * @module
 */
import { z } from "zod";
import { reject, type Rejection } from "./rejection.ts";

/** The issues of an invalid record. zod's own error class also formats them as text, which takes longer than the validation. */
class Issues {
  constructor(readonly issues: readonly z.core.$ZodIssue[]) {}
}
const safeParse = z.core._safeParse(Issues as unknown as z.core.$ZodErrorClass);

/** Beginnings of zod's own messages, which do not say which member they are about. */
const IS_DEFAULT_MESSAGE = /^(?:Invalid |Too (?:small|big)|Unrecognized key)/;

/** A path as in JavaScript: `items[0].price`. */
const pathText = (path: readonly PropertyKey[]): string =>
  path.map((step, n) => typeof step === "number" ? `[${step}]` : n === 0 ? String(step) : `.${String(step)}`)
    .join("");

function messageOf({ path, message: zodMessage }: z.core.$ZodIssue): string {
  // Producers know integers, not JavaScript's types.
  const message = IS_DEFAULT_MESSAGE.test(zodMessage)
    ? zodMessage.replace(/\bbigint\b/g, "integer")
    : zodMessage;
  const name = path.findLast((step) => typeof step === "string");
  if (name === undefined || !IS_DEFAULT_MESSAGE.test(message) || message.split(/\W+/).includes(name)) {
    return message;
  }
  return `${pathText(path)}: ${message}`;
}

/** The output of a valid value, or the rejection of an invalid one. */
export type Validation = { readonly output: unknown; readonly rejection?: undefined } | {
  readonly rejection: Rejection;
};

/**
 * Validates a value. A function of the schema that throws rejects the value, too: it would fail for this record forever.
 *
 * @throws {z.core.$ZodAsyncError} if the schema has an asynchronous function
 */
export function validate(schema: z.core.$ZodType, value: unknown): Validation {
  try {
    const result = safeParse(schema, value);
    if (result.success) return { output: result.data };
    const { issues } = result.error as unknown as Issues;
    return { rejection: reject("invalid record", issues.map(messageOf).join("; ")) };
  } catch (error) {
    if (error instanceof z.core.$ZodAsyncError) throw error;
    return { rejection: reject("invalid record", `The schema failed: ${(error as Error).message}`) };
  }
}
