/**
 * What a stream's schema says about a column: whether its value can be absent, and which labels it can have.
 *
 * @module
 */
import { z } from "zod";
import type { Column, Metadata, Stream } from "../stream.ts";
import { decimalLimits } from "../types/decimal.ts";
import { defOf, lazyInner, type Schema } from "../zod_node.ts";

/** A schema without its wrappers. */
interface Unwrapped {
  /** The schema of values that are neither `null` nor `undefined`. */
  readonly schema: Schema;
  /** Whether the output can be `null` or `undefined`; also true if that is unknown. */
  readonly isNullable: boolean;
  /** The title and description of the outermost wrapper that has any. */
  readonly texts?: SchemaTexts | undefined;
}

/** What the author of a schema says about a value. */
export interface SchemaTexts {
  readonly title?: string;
  readonly description?: string;
}

/** Types whose output is never `null` or `undefined`. */
const VALUE_TYPES: ReadonlySet<string> = new Set([
  "string",
  "number",
  "bigint",
  "boolean",
  "date",
  "enum",
  "object",
  "array",
  "tuple",
  "record",
  "template_literal",
]);

function unwrap(schema: Schema): Unwrapped {
  const unwrapped = unwrapNode(schema);
  const { title, description } = z.globalRegistry.get(schema) ?? {};
  if (title === undefined && description === undefined) return unwrapped;
  return { ...unwrapped, texts: { ...title && { title }, ...description && { description } } };
}

function unwrapNode(schema: Schema): Unwrapped {
  const def = defOf(schema);
  switch (def.type) {
    case "optional":
    case "nullable":
      return { ...unwrap(def.innerType), isNullable: true };
    case "default":
    case "prefault":
    case "catch":
    case "readonly":
    case "nonoptional":
      return unwrap(def.innerType);
    case "lazy":
      return unwrap(lazyInner(schema));
    case "pipe":
      return unwrap(def.out);
    case "union":
      return { schema, isNullable: def.options.some((option) => unwrap(option).isNullable) };
    case "literal":
      return { schema, isNullable: def.values.some((value) => value === null || value === undefined) };
    default:
      return { schema, isNullable: !VALUE_TYPES.has(def.type) && decimalLimits(schema) === undefined };
  }
}

/** The schema of a member or element; `undefined`: unknown, or it can be absent. */
function childOf(schema: Schema, step: string | number): Schema | undefined {
  const def = defOf(schema);
  if (def.type === "object" && Object.hasOwn(def.shape, step)) return def.shape[step];
  return def.type === "tuple" && typeof step === "number" ? def.items[step] : undefined;
}

/** The schema of the value at a path; the schema itself is `undefined` if it is unknown. */
export function schemaAt(
  schema: Schema,
  path: readonly (string | number)[],
): {
  readonly schema: Schema | undefined;
  readonly isNullable: boolean;
  readonly texts?: SchemaTexts | undefined;
} {
  let at = unwrap(schema);
  for (const step of path) {
    const child = childOf(at.schema, step);
    if (child === undefined) return { schema: undefined, isNullable: true };
    const inner = unwrap(child);
    at = { schema: inner.schema, isNullable: at.isNullable || inner.isNullable, texts: inner.texts };
  }
  return at;
}

/** Metadata that a record may lack, or that is unknown when a rejected record is replayed. */
const NULLABLE_METADATA: readonly Metadata[] = ["timestamp", "key", "headers"];

/** Whether the rows of a stream can have NULL in a column. */
export const isNullable = ({ schema }: Stream, column: Column): boolean =>
  "metadata" in column
    ? NULLABLE_METADATA.includes(column.metadata)
    : schemaAt(schema, column.path).isNullable;

/** The texts that a column's schema allows, in its order; for an array, those of its elements. `undefined`: any. */
export function labelsOf({ schema }: Stream, column: Column): readonly string[] | undefined {
  if ("metadata" in column) return undefined;
  let at: Schema | undefined = schemaAt(schema, column.path).schema;
  for (let def = at && defOf(at); def?.type === "array"; def = defOf(at)) at = unwrap(def.element).schema;
  const values = at && [...at._zod.values ?? []].filter((value) => value !== null && value !== undefined);
  return values && values.length > 0 && values.every((value) => typeof value === "string")
    ? values
    : undefined;
}
