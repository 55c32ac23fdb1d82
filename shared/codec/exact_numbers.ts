/**
 * Decides which numbers of a record arrive exactly, by walking its schema: as `bigint` where it has a `z.bigint()` node, as `Decimal`
 * where it has a `decimal()` node.
 *
 * @module
 */
import type { z } from "zod";
import { decimalLimits } from "../types/decimal.ts";
import { defOf, lazyInner, type Schema } from "../zod_node.ts";

/** The schemas that apply to the same value as `schema`: those it wraps, its options, or the input of a pipe. */
function innerSchemas(schema: Schema): readonly Schema[] {
  const def = defOf(schema);
  switch (def.type) {
    case "optional":
    case "nullable":
    case "nonoptional":
    case "default":
    case "prefault":
    case "catch":
    case "readonly":
      return [def.innerType];
    case "union":
      return def.options;
    case "intersection":
      return [def.left, def.right];
    case "lazy":
      return [lazyInner(schema)];
    case "pipe":
      // z.preprocess() is a pipe from a function, which receives the numbers as its output's schema wants them.
      return [defOf(def.in).type === "transform" ? def.out : def.in];
    default:
      return [];
  }
}

/** The schemas of a value's members or elements. */
function childSchemas(schema: Schema): readonly Schema[] {
  const def = defOf(schema);
  switch (def.type) {
    case "object":
      return [...Object.values(def.shape), ...(def.catchall ? [def.catchall] : [])];
    case "record":
      return [def.valueType];
    case "array":
      return [def.element];
    case "tuple":
      return [...def.items, ...(def.rest ? [def.rest] : [])];
    default:
      return [];
  }
}

const isDecimal = (schema: Schema) => decimalLimits(schema as z.ZodType) !== undefined;

/** Whether the schema has a node for exact numbers. Schemas may be recursive. */
function hasExactNode(schema: Schema, visited = new Set<Schema>()): boolean {
  if (visited.has(schema)) return false;
  visited.add(schema);
  return defOf(schema).type === "bigint" || isDecimal(schema) ||
    [...innerSchemas(schema), ...childSchemas(schema)].some((inner) => hasExactNode(inner, visited));
}

/** Adds the schema and the schemas within it that apply to the same value. */
function collect(schema: Schema, into: Set<Schema>): void {
  if (into.has(schema)) return;
  into.add(schema);
  for (const inner of innerSchemas(schema)) collect(inner, into);
}

const ids = new WeakMap<Schema, number>();
let lastId = 0;

function idOf(schema: Schema): number {
  if (!ids.has(schema)) ids.set(schema, ++lastId);
  return ids.get(schema)!;
}

/** Which numbers of a value, its members and its elements arrive exactly. */
export class ExactNumbers {
  /** Whether the value, if it is a whole number, arrives as `bigint`. */
  readonly bigint: boolean;
  /** Whether the value, if it is another number, arrives as `Decimal`. */
  readonly decimal: boolean;
  readonly #nodes: readonly Schema[];
  readonly #members = new Map<string | undefined, ExactNumbers | undefined>();
  readonly #elements = new Map<number, ExactNumbers | undefined>();

  private constructor(
    schemas: readonly Schema[],
    /** Objects by their schemas: below a recursive schema, there is no limit to the number of paths. */
    private readonly known: Map<string, ExactNumbers>,
  ) {
    const nodes = new Set<Schema>();
    for (const schema of schemas) collect(schema, nodes);
    this.#nodes = [...nodes];
    this.bigint = this.#nodes.some((node) => defOf(node).type === "bigint");
    this.decimal = this.#nodes.some(isDecimal);
  }

  /** The exact numbers of values that have these schemas; `undefined`: none. */
  static of(
    schemas: readonly Schema[],
    known = new Map<string, ExactNumbers>(),
  ): ExactNumbers | undefined {
    const exact = [...new Set(schemas)].filter((schema) => hasExactNode(schema));
    if (exact.length === 0) return undefined;
    const key = exact.map(idOf).sort((a, b) => a - b).join();
    const found = known.get(key) ?? new ExactNumbers(exact, known);
    known.set(key, found);
    return found;
  }

  /** The exact numbers of a member. */
  member(name: string): ExactNumbers | undefined {
    // Unknown names share an entry, since there is no limit to their number.
    const isKnown = this.#nodes.some((node) => {
      const def = defOf(node);
      return def.type === "object" && Object.hasOwn(def.shape, name);
    });
    const key = isKnown ? name : undefined;
    if (!this.#members.has(key)) {
      this.#members.set(
        key,
        ExactNumbers.of(this.#nodes.flatMap((node) => memberSchema(node, key)), this.known),
      );
    }
    return this.#members.get(key);
  }

  /** The exact numbers of an array's element. */
  element(index: number): ExactNumbers | undefined {
    const longest = Math.max(0, ...this.#nodes.map((node) => tupleLength(node)));
    const key = Math.min(index, longest);
    if (!this.#elements.has(key)) {
      this.#elements.set(
        key,
        ExactNumbers.of(this.#nodes.flatMap((node) => elementSchema(node, key)), this.known),
      );
    }
    return this.#elements.get(key);
  }
}

/** The schema of a member; name `undefined`: of members that no object names. */
function memberSchema(node: Schema, name: string | undefined): Schema[] {
  const def = defOf(node);
  if (def.type === "record") return [def.valueType];
  if (def.type !== "object") return [];
  if (name !== undefined && Object.hasOwn(def.shape, name)) return [def.shape[name]!];
  return def.catchall ? [def.catchall] : [];
}

function tupleLength(node: Schema): number {
  const def = defOf(node);
  return def.type === "tuple" ? def.items.length : 0;
}

function elementSchema(node: Schema, index: number): Schema[] {
  const def = defOf(node);
  if (def.type === "array") return [def.element];
  if (def.type !== "tuple") return [];
  const item = def.items[index] ?? def.rest;
  return item ? [item] : [];
}
