/**
 * Compiles a zod schema to a generator of values. A value is what the schema gets as input: numbers at `z.bigint()` and `decimal()` nodes
 * are `bigint` and `Decimal`, as in records read from Kafka.
 *
 * @module
 */
import type { z } from "zod";
import type { MemberColumn } from "../stream.ts";
import { Decimal, decimalLimits } from "../types/decimal.ts";
import type { TypeDescriptor } from "../types/type_descriptor.ts";
import { columnLimits } from "./column_limits.ts";
import { constraintsOf, definitionOf } from "./constraints.ts";
import { type Draw, type Generate, pick, randomInteger } from "./draw.ts";
import { bigint, decimalNumber, epoch, number } from "./numbers.ts";
import { matching, text, textOfKind, word } from "./texts.ts";

/** Share of optional members that are absent, and of nullable ones that are null. */
const ABSENT_SHARE = 0.2;
const ITEMS_MAX = 3;
/** Recursive schemas end at this depth. */
const DEPTH_MAX = 4;

/** The place of a node in a record. */
interface Place {
  readonly path: readonly (string | number)[];
  /** The column that stores the node or an array that contains it. */
  readonly column: MemberColumn | undefined;
  /** Type of the column, or of the elements of its array. */
  readonly type: TypeDescriptor | undefined;
  /** Number of recursive schemas around the node. */
  readonly depth: number;
}

type Compile<S = z.core.$ZodType> = (schema: S, place: Place) => Generate;

export interface NodeOptions {
  readonly columns: readonly { readonly column: MemberColumn; readonly type: TypeDescriptor }[];
  /** Wraps the generator of a column's value. */
  readonly wrap: (column: MemberColumn, generate: Generate) => Generate;
}

const constant = (value: unknown): Generate => () => value;
/** Optional and null values do not identify a record. */
const isMissing = ({ random, key }: Draw) => key === undefined && random() < ABSENT_SHARE;

/** Compiles the nodes of one schema. */
export class NodeCompiler {
  constructor(private readonly options: NodeOptions) {}

  /**
   * Compiles a record's schema.
   *
   * @throws {Error} if no JSON value is accepted by one of its nodes, or the node is of an unsupported kind
   */
  compile(schema: z.core.$ZodType): Generate {
    return this.#at(schema, [], { path: [], column: undefined, type: undefined, depth: 0 });
  }

  /** Compiles the node at a path, which may have a column of its own. */
  #at(schema: z.core.$ZodType, path: readonly (string | number)[], place: Place): Generate {
    const key = JSON.stringify(path);
    const found = this.options.columns.find(({ column }) => JSON.stringify(column.path) === key);
    if (!found) return this.#node(schema, { ...place, path });
    return this.options.wrap(found.column, this.#node(schema, { ...place, path, ...found }));
  }

  #node(schema: z.core.$ZodType, place: Place): Generate {
    const decimals = decimalLimits(schema), unit = place.column?.epoch;
    if (decimals && unit) {
      const generate = epoch(unit, false);
      return (draw) => new Decimal(String(generate(draw)));
    }
    if (decimals) return decimalNumber(decimals, columnLimits(place.type));
    const { type } = definitionOf(schema);
    const compile = this.#compilers[type];
    if (compile) return compile(schema, place);
    const at = place.path.length > 0 ? `the member ${place.path.join(".")}` : "the record";
    throw new Error(`${at} has a schema of the kind "${type}", whose values cannot be generated as JSON`);
  }

  /** The inner schema, without or with missing values. */
  readonly #inner: Compile = (schema, place) => this.#node(definitionOf(schema)["innerType"], place);
  readonly #optional = (missing: unknown): Compile => (schema, place) => {
    if (place.depth > DEPTH_MAX) return constant(missing);
    const inner = this.#inner(schema, place);
    return (draw) => isMissing(draw) ? missing : inner(draw);
  };

  readonly #compilers: Readonly<Record<string, Compile>> = {
    string: (schema, place) => text(schema, columnLimits(place.type)),
    number: (schema, place) => {
      const unit = place.column?.epoch;
      return unit ? epoch(unit, constraintsOf(schema).isWhole) : number(schema, columnLimits(place.type));
    },
    bigint: (schema, place) => {
      const unit = place.column?.epoch;
      if (!unit) return bigint(schema, columnLimits(place.type));
      const generate = epoch(unit, true);
      return (draw) => BigInt(generate(draw) as number);
    },
    boolean: () => ({ random }) => random() < 0.5,
    null: () => constant(null),
    undefined: () => constant(undefined),
    void: () => constant(undefined),
    any: (_, place) => anyValue(place),
    unknown: (_, place) => anyValue(place),
    // z.coerce.date() also accepts texts; other dates do not occur in JSON.
    date: (schema, { path }) => {
      if (definitionOf(schema)["coerce"]) return ({ timestamp }) => new Date(timestamp * 1_000).toISOString();
      throw new Error(`the member ${path.join(".")} has the schema z.date(), which accepts no JSON value`);
    },
    literal: (schema) => ({ random }) => pick(random, definitionOf(schema)["values"] as unknown[]),
    enum: (schema) => {
      const values = Object.values(definitionOf(schema)["entries"] as Record<string, unknown>);
      return ({ random, key }) => key === undefined ? pick(random, values) : values[key % values.length];
    },
    template_literal: (schema) => matching(schema._zod.pattern!),
    optional: this.#optional(undefined),
    default: this.#optional(undefined),
    prefault: this.#optional(undefined),
    nullable: this.#optional(null),
    nonoptional: this.#inner,
    readonly: this.#inner,
    catch: this.#inner,
    lazy: (schema, place) => this.#lazy(schema, place),
    pipe: (schema, place) => {
      const { in: input, out } = definitionOf(schema);
      // z.preprocess(): the schema after the preprocessing describes the values best.
      return this.#node(definitionOf(input).type === "transform" ? out : input, place);
    },
    union: (schema, place) => {
      const options = (definitionOf(schema)["options"] as z.core.$ZodType[]).map((one) =>
        this.#node(one, place)
      );
      return (draw) => (place.depth > DEPTH_MAX ? options[0]! : pick(draw.random, options))(draw);
    },
    intersection: (schema, place) => {
      const { left, right } = definitionOf(schema);
      const [a, b] = [this.#node(left, place), this.#node(right, place)];
      return (draw) => {
        const value = a(draw);
        return typeof value === "object" && value !== null ? { ...value, ...b(draw) as object } : value;
      };
    },
    object: (schema, place) => this.#object(schema, place),
    tuple: (schema, place) => {
      const items = (definitionOf(schema)["items"] as z.core.$ZodType[]).map((item, index) =>
        this.#at(item, [...place.path, index], elementPlace(place))
      );
      return (draw) => items.map((item) => item(draw));
    },
    array: (schema, place) => this.#array(schema, place),
    record: (schema, place) => this.#record(schema, place),
  };

  #lazy(schema: z.core.$ZodType, place: Place): Generate {
    const inner = definitionOf(schema)["getter"] as () => z.core.$ZodType;
    // Compiled when it is needed: a schema may contain itself.
    let generate: Generate | undefined;
    return (draw) => (generate ??= this.#node(inner(), { ...place, depth: place.depth + 1 }))(draw);
  }

  #object(schema: z.core.$ZodType, place: Place): Generate {
    const shape = definitionOf(schema)["shape"] as Record<string, z.core.$ZodType>;
    const members = Object.entries(shape).map(([name, member]) =>
      [name, this.#at(member, [...place.path, name], elementPlace(place))] as const
    );
    // An object of any members.
    if (members.length === 0 && definitionOf(schema)["catchall"]) {
      return anyValue({ ...place, type: undefined });
    }
    return (draw) => {
      const object: Record<string, unknown> = {};
      for (const [name, generate] of members) {
        const value = generate(draw);
        if (value !== undefined) object[name] = value;
      }
      return object;
    };
  }

  #array(schema: z.core.$ZodType, place: Place): Generate {
    const { minLength, maxLength } = constraintsOf(schema);
    const element = this.#node(definitionOf(schema)["element"], elementPlace(place));
    const max = place.depth > DEPTH_MAX ? minLength : Math.max(minLength, Math.min(maxLength, ITEMS_MAX));
    return (draw) =>
      Array.from({ length: randomInteger(draw.random, minLength, max) }, () => element(draw) ?? null);
  }

  #record(schema: z.core.$ZodType, place: Place): Generate {
    const { keyType, valueType } = definitionOf(schema);
    const inner = elementPlace(place);
    const names = definitionOf(keyType).type === "enum"
      ? Object.values(definitionOf(keyType)["entries"])
      : undefined;
    const key = this.#node(keyType, inner), value = this.#node(valueType, inner);
    return (draw) => {
      const keys = names ?? Array.from({ length: randomInteger(draw.random, 0, ITEMS_MAX) }, () => key(draw));
      return Object.fromEntries(
        keys.map((name) => [String(name), value(draw)]).filter(([, one]) => one !== undefined),
      );
    };
  }
}

/** Elements of an array column have the type of its elements; members of a jsonb column have no type. */
const elementPlace = (place: Place): Place => ({ ...place, type: place.type?.element });

/** A value for a schema without limits: what the column's type accepts, by default an object. */
function anyValue({ type }: Place): Generate {
  const kind = type?.kind;
  if (kind === undefined || kind === "json" || kind === "jsonb") {
    return (draw) => ({ name: word(draw), count: randomInteger(draw.random, 0, 999) });
  }
  if (kind === "boolean") return ({ random }) => random() < 0.5;
  if (kind === "array") return constant([]);
  return textOfKind(kind);
}
