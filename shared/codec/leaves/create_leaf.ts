/**
 * Chooses the leaf of a value by its schema and the type of its column.
 *
 * @module
 */
import { z } from "zod";
import { createColumnType } from "../../types/create_column_type.ts";
import type { EpochUnit } from "../../stream.ts";
import type { ColumnType } from "../../types/column_type.ts";
import type { TypeDescriptor } from "../../types/type_descriptor.ts";
import type { JsonSkipper } from "../json_skipper.ts";
import {
  bigintRules,
  decimalRules,
  hasAnyLength,
  nextUp,
  numberRules,
  stringOptions,
  type StringRules,
  stringRules,
} from "../node_rules.ts";
import { isIdentity } from "../source_columns.ts";
import { createChecker, lengthLimits } from "./checkers.ts";
import { ArrayLeaf, CheckLeaf, JsonLeaf, UnknownLeaf } from "./document_leaves.ts";
import { Leaf, type LeafOptions, SchemaLeaf } from "./leaf.ts";
import { absenceOf, nullableInner } from "./nullable.ts";
import { BigintLeaf, DoubleLeaf, IntegerLeaf, type Limits, RealLeaf } from "./number_leaves.ts";
import { NumericLeaf } from "./numeric_leaf.ts";
import { type InnerColumn, SchemaValue } from "./schema_value.ts";
import { StringReader } from "./string_reader.ts";
import { BooleanLeaf, TextLeaf, UuidLeaf } from "./text_leaves.ts";
import { DateLeaf, EpochLeaf, isExactUnit, TimestampLeaf } from "./time_leaves.ts";
import { defOf, hasChecks, type Schema } from "../../zod_node.ts";

/** Whether a node accepts all values. */
const isAny = (schema: Schema): boolean =>
  ["any", "unknown"].includes(defOf(schema).type) && !hasChecks(schema);

function optionsOf(schema: Schema, columns: readonly InnerColumn[], maxDepth: number): LeafOptions {
  const { inner, isNullable } = nullableInner(schema);
  const allowsNull = columns.every(({ type }) => !type.options?.isNotNull);
  const absence = absenceOf(schema);
  return {
    schemaValue: new SchemaValue(schema, columns, maxDepth),
    isNullable: (isNullable || isAny(inner)) && allowsNull,
    allowsNull,
    absence: absence === "null" && !allowsNull ? "invalid" : absence,
    maxDepth,
  };
}

/**
 * Creates the leaf of a value.
 *
 * @param columns the columns that the value contains
 * @param maxDepth maximum nesting of the value
 */
export function createLeaf(
  skipper: JsonSkipper,
  schema: Schema,
  columns: readonly InnerColumn[],
  maxDepth: number,
): Leaf {
  const { inner } = nullableInner(schema);
  const options = optionsOf(schema, columns, maxDepth);
  const [column, ...others] = columns;
  if (column === undefined) {
    const checker = createChecker({ skipper }, inner, maxDepth);
    return checker ? new CheckLeaf(options, checker) : schemaLeaf(options);
  }
  if (others.length > 0 || column.path.length > 0) return schemaLeaf(options);
  return createColumnLeaf(skipper, inner, column.type, options) ?? schemaLeaf(options);
}

/** Creates the leaf of members that the schema ignores. */
export const createUnknownLeaf = (skipper: JsonSkipper, maxDepth: number): Leaf =>
  new UnknownLeaf(optionsOf(z.unknown(), [], maxDepth), skipper);

const schemaLeaf = (options: LeafOptions) =>
  new SchemaLeaf({ ...options, absence: options.absence === "invalid" ? "invalid" : "schema" });

/** The leaf of a value that is a column of its own; `undefined`: only the schema reads it. */
function createColumnLeaf(
  skipper: JsonSkipper,
  schema: Schema,
  type: ColumnType,
  options: LeafOptions,
): Leaf | undefined {
  const { descriptor } = type;
  // Other encodings cannot store all characters.
  if (!descriptor || type.options?.characters !== undefined) return undefined;
  const { kind, modifiers, element } = descriptor;
  switch (kind) {
    case "json":
    case "jsonb": {
      const checker = isIdentity(schema) ? createChecker({ skipper }, schema, options.maxDepth) : undefined;
      return checker && new JsonLeaf(options, checker, skipper, kind === "jsonb");
    }
    case "array": {
      const def = defOf(schema);
      const limits = lengthLimits(schema);
      if (def.type !== "array" || !limits || !element || element.kind === "array") return undefined;
      const elementType = createColumnType(element, { ...type.options, isNotNull: false });
      const inner = createLeaf(skipper, def.element, [
        { type: elementType, path: [], storesSource: false },
      ], options.maxDepth - 1);
      // An element of JSON is stored as the schema's output.
      if (element.kind === "json" || element.kind === "jsonb") return undefined;
      return new ArrayLeaf(options, inner, { elementOid: element.oid, ...limits });
    }
    case "boolean": {
      const def = defOf(schema) as { type: string; coerce?: boolean; checks?: unknown[] };
      return def.type === "boolean" && !def.coerce && !def.checks?.length
        ? new BooleanLeaf(options)
        : undefined;
    }
    case "text":
    case "character varying":
    case "character":
    case "enum":
    case "uuid":
      return createStringLeaf(skipper, schema, descriptor, options);
    case "date":
    case "timestamp without time zone":
    case "timestamp with time zone":
      return createTimeLeaf(schema, kind, type.options?.epoch, options);
    case "numeric":
      return createNumericLeaf(schema, modifiers, options);
    case "smallint":
    case "integer":
    case "bigint":
    case "real":
    case "double precision":
      return createNumberLeaf(schema, kind, options);
    default:
      return undefined;
  }
}

function createStringLeaf(
  skipper: JsonSkipper,
  schema: Schema,
  { kind, modifiers, labels }: TypeDescriptor,
  options: LeafOptions,
): Leaf | undefined {
  const allowed = stringOptions(schema);
  const rules = stringRules(schema);
  if (kind === "enum") {
    if (!labels || (!allowed && !isUnlimited(rules))) return undefined;
    const both = allowed ? labels.filter((label) => allowed.includes(label)) : labels;
    return new TextLeaf(options, StringReader.ofOptions(both, skipper));
  }
  if (kind === "uuid") {
    const isUuid = rules?.patterns.length === 1 && (rules.format === "uuid" || rules.format === "guid") &&
      hasAnyLength(rules);
    return isUuid || isUnlimited(rules) ? new UuidLeaf(options, rules?.format === "uuid") : undefined;
  }
  const max = modifiers[0] ?? Infinity;
  if (allowed) {
    const short = allowed.filter((text) => [...text].length <= max);
    return new TextLeaf(options, StringReader.ofOptions(short, skipper));
  }
  if (!rules) return undefined;
  const maxLength = Math.min(max, rules.maxLength);
  return new TextLeaf(options, new StringReader({ ...rules, maxLength }, skipper));
}

/** Whether the schema accepts all strings. */
const isUnlimited = (rules: StringRules | undefined): boolean =>
  rules !== undefined && rules.patterns.length === 0 && hasAnyLength(rules);

function createTimeLeaf(
  schema: Schema,
  kind: TypeDescriptor["kind"],
  epoch: EpochUnit | undefined,
  options: LeafOptions,
): Leaf | undefined {
  const rules = stringRules(schema);
  if (rules) {
    if (!hasAnyLength(rules) || rules.patterns.length > 1) return undefined;
    if (kind === "date") {
      return rules.format === "none" || rules.format === "date" ? new DateLeaf(options) : undefined;
    }
    const isDateTime = rules.format === "datetime" && rules.isAnyPrecision;
    const hasOffset = kind === "timestamp with time zone";
    // Texts without an offset are valid in z.iso.datetime() on request only.
    if (rules.format !== "none" && (!isDateTime || !hasOffset)) return undefined;
    return new TimestampLeaf(options, {
      hasOffset,
      isOffsetAllowed: rules.format === "none" || rules.isOffsetAllowed,
    });
  }
  if (kind === "date" || epoch === undefined || !isExactUnit(epoch)) return undefined;
  const limits = numberRules(schema) ?? exactLimits(schema);
  return limits && new EpochLeaf(options, limits, epoch);
}

/** Limits of `z.bigint()` and `decimal()` for numbers of at most 15 digits. */
function exactLimits(schema: Schema): Limits | undefined {
  const whole = bigintRules(schema);
  if (whole) {
    return {
      min: whole.min === undefined ? -Infinity : Number(whole.min),
      max: whole.max === undefined ? Infinity : Number(whole.max),
      isInteger: true,
    };
  }
  const decimals = decimalRules(schema);
  return decimals?.scale === Infinity ? { ...decimals, isInteger: false } : undefined;
}

function createNumberLeaf(
  schema: Schema,
  kind: "smallint" | "integer" | "bigint" | "real" | "double precision",
  options: LeafOptions,
): Leaf | undefined {
  const number = numberRules(schema);
  const limits = number ?? exactLimits(schema);
  if (!limits) return undefined;
  switch (kind) {
    case "smallint":
      return new IntegerLeaf(options, limits, 2, number === undefined);
    case "integer":
      return new IntegerLeaf(options, limits, 4, number === undefined);
    case "bigint":
      return new BigintLeaf(options, limits, number === undefined);
    case "real":
    case "double precision": {
      const doubles = number ?? doubleLimits(schema);
      if (!doubles) return undefined;
      return kind === "real" ? new RealLeaf(options, doubles) : new DoubleLeaf(options, doubles);
    }
  }
}

/** Limits of a `decimal()` for doubles: rounded to a double between them, every number is within the exact limits. */
function doubleLimits(schema: Schema): Limits | undefined {
  const rules = decimalRules(schema);
  if (rules?.scale !== Infinity) return undefined;
  return {
    min: Number.isFinite(rules.min) ? nextUp(rules.min) : -Number.MAX_VALUE,
    max: Number.isFinite(rules.max) ? -nextUp(-rules.max) : Number.MAX_VALUE,
    isInteger: false,
  };
}

function createNumericLeaf(
  schema: Schema,
  [precision, typeScale = precision === undefined ? Infinity : 0]: readonly number[],
  options: LeafOptions,
): Leaf | undefined {
  if (typeScale < 0) return undefined;
  const number = numberRules(schema);
  const whole = bigintRules(schema);
  const decimals = decimalRules(schema);
  const limits = number ?? decimals ?? (whole && exactLimits(schema));
  if (!limits) return undefined;
  return new NumericLeaf(options, {
    min: limits.min,
    max: limits.max,
    allowsLong: !number && limits.min === -Infinity && limits.max === Infinity,
    scale: whole || number?.isInteger ? 0 : decimals?.scale ?? Infinity,
    keepsZeros: decimals !== undefined,
    precision,
    typeScale,
  });
}
