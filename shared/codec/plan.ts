/**
 * The plan of a stream's records: which values are read, where they are in a record, and which columns they have. It is created by walking
 * the stream's schema.
 *
 * @module
 */
import type { MemberColumn, Metadata } from "../stream.ts";
import type { ColumnType } from "../types/column_type.ts";
import type { RowBuffer } from "../types/row_buffer.ts";
import { type BoundStream, memberAliases, type RecordMetadata } from "./bound_stream.ts";
import { MAX_DEPTH } from "./invalid_json.ts";
import { JsonSkipper } from "./json_skipper.ts";
import { createLeaf } from "./leaves/create_leaf.ts";
import type { ColumnWriter, Leaf } from "./leaves/leaf.ts";
import { nullableInner } from "./leaves/nullable.ts";
import { writeMetadata } from "./metadata_columns.ts";
import { storesSource } from "./source_columns.ts";
import { defOf, hasChecks, type Schema } from "../zod_node.ts";

/** A member of an object. */
export interface PlanMember {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly aliases: readonly Uint8Array[];
  readonly node: PlanNode;
}

/** An object whose members are read one by one. */
export interface PlanObject {
  readonly kind: "object";
  readonly members: readonly PlanMember[];
  /** Whether other members are ignored; otherwise they are invalid. */
  readonly ignoresOthers: boolean;
  readonly isNullable: boolean;
  readonly isOptional: boolean;
  /** Maximum nesting of its members' values. */
  readonly maxDepth: number;
}

/** An array of fixed length whose elements are read one by one. */
export interface PlanTuple {
  readonly kind: "tuple";
  readonly elements: readonly PlanNode[];
}

/** A value that is read as a whole. */
export interface PlanLeaf {
  readonly kind: "leaf";
  readonly leaf: Leaf;
}

export type PlanNode = PlanObject | PlanTuple | PlanLeaf;

/** The plan of a stream. */
export interface Plan {
  readonly root: PlanObject;
  /** Writes the columns, in their order. */
  readonly columns: readonly ColumnWriter[];
  readonly skipper: JsonSkipper;
}

/** A column and the rest of its path below a node. */
interface ColumnBelow {
  readonly index: number;
  readonly column: MemberColumn;
  readonly type: ColumnType;
  readonly path: readonly string[];
}

const encoder = new TextEncoder();
/** A column of a value that only the schema reads. */
class InnerColumnWriter implements ColumnWriter {
  constructor(readonly leaf: Leaf, readonly index: number) {}

  write(_: Uint8Array, rows: RowBuffer): boolean {
    this.leaf.writeInner(this.index, rows);
    return true;
  }
}

class MetadataWriter implements ColumnWriter {
  constructor(
    readonly metadata: Metadata,
    readonly type: ColumnType,
  ) {}

  write(_: Uint8Array, rows: RowBuffer, meta: RecordMetadata): boolean {
    return writeMetadata(this.metadata, this.type, rows, meta) === undefined;
  }
}

/** A column that no valid record has a value for. */
class AbsentWriter implements ColumnWriter {
  constructor(readonly type: ColumnType) {}

  write(_: Uint8Array, rows: RowBuffer): boolean {
    return this.type.write(null, rows) === undefined;
  }
}

class Planner {
  readonly skipper = new JsonSkipper();
  readonly columns: (ColumnWriter | undefined)[];
  readonly #aliases: ReadonlyMap<string, readonly string[]>;

  constructor(readonly bound: BoundStream) {
    this.columns = bound.stream.columns.map(() => undefined);
    this.#aliases = memberAliases(bound);
  }

  /** The plan; `undefined` if only the schema reads the whole record. */
  plan(): Plan | undefined {
    const { stream: { schema, columns }, types } = this.bound;
    const below: ColumnBelow[] = [];
    for (const [index, column] of columns.entries()) {
      const type = types[index]!;
      if ("metadata" in column) this.columns[index] = new MetadataWriter(column.metadata, type);
      else below.push({ index, column, type, path: column.path.map(String) });
    }
    const root = this.#object(schema, below, MAX_DEPTH - 1, true);
    if (!root || root.isNullable || root.isOptional) return undefined;
    return {
      root,
      columns: this.columns.map((column, c) => column ?? new AbsentWriter(types[c]!)),
      skipper: this.skipper,
    };
  }

  #node(schema: Schema, below: readonly ColumnBelow[], maxDepth: number): PlanNode {
    const isStructure = below.length > 0 && below.every(({ path }) => path.length > 0);
    const structure = isStructure
      ? this.#object(schema, below, maxDepth - 1, false) ?? this.#tuple(schema, below, maxDepth - 1)
      : undefined;
    return structure ?? this.#leaf(schema, below, maxDepth);
  }

  #leaf(schema: Schema, below: readonly ColumnBelow[], maxDepth: number): PlanLeaf {
    const columns = below.map(({ type, path }) => ({
      type,
      path,
      storesSource: storesSource(schema, path, type.sql),
    }));
    const leaf = createLeaf(this.skipper, schema, columns, maxDepth);
    const isOwnColumn = below.length === 1 && below[0]!.path.length === 0;
    below.forEach(({ index }, n) =>
      this.columns[index] = isOwnColumn ? leaf : new InnerColumnWriter(leaf, n)
    );
    return { kind: "leaf", leaf };
  }

  #object(
    schema: Schema,
    below: readonly ColumnBelow[],
    maxDepth: number,
    isRoot: boolean,
  ): PlanObject | undefined {
    const { inner, isNullable, isOptional, hasDefault } = nullableInner(schema);
    const def = defOf(inner);
    if (
      def.type !== "object" || hasDefault || hasChecks(inner) || below.some(({ path }) => path.length === 0)
    ) {
      return undefined;
    }
    const others = def.catchall === undefined ? undefined : defOf(def.catchall);
    if (others && (hasChecks(def.catchall!) || !["never", "any", "unknown"].includes(others.type))) {
      return undefined;
    }
    const shape = new Map(Object.entries(def.shape));
    // Members that the catchall lets through.
    if (others && others.type !== "never") {
      for (const { path } of below) if (!shape.has(path[0]!)) shape.set(path[0]!, def.catchall!);
    }
    // Objects inherit members of these names.
    if ([...shape.keys()].some((name) => name in Object.prototype)) return undefined;
    if (isRoot && this.#hasAmbiguousAlias(shape)) return undefined;
    const members = [...shape].map(([name, member]): PlanMember => ({
      name,
      nameBytes: encoder.encode(name),
      aliases: isRoot ? (this.#aliases.get(name) ?? []).map((alias) => encoder.encode(alias)) : [],
      node: this.#node(
        member,
        below.filter(({ path }) => path[0] === name).map((column) => ({
          ...column,
          path: column.path.slice(1),
        })),
        maxDepth,
      ),
    }));
    return {
      kind: "object",
      members,
      ignoresOthers: others?.type !== "never",
      isNullable,
      isOptional,
      maxDepth,
    };
  }

  /** Whether another name of a member is also the name of another member. */
  #hasAmbiguousAlias(shape: ReadonlyMap<string, Schema>): boolean {
    const aliases = [...this.#aliases.values()].flat();
    return new Set(aliases).size < aliases.length || aliases.some((alias) => shape.has(alias));
  }

  #tuple(schema: Schema, below: readonly ColumnBelow[], maxDepth: number): PlanTuple | undefined {
    const def = defOf(schema);
    if (def.type !== "tuple" || def.rest || hasChecks(schema)) return undefined;
    // The elements must be present.
    if (def.items.some((item) => item._zod.optin !== undefined || item._zod.optout !== undefined)) {
      return undefined;
    }
    return {
      kind: "tuple",
      elements: def.items.map((item, n) =>
        this.#node(
          item,
          below.filter(({ path }) => path[0] === String(n)).map((column) => ({
            ...column,
            path: column.path.slice(1),
          })),
          maxDepth,
        )
      ),
    };
  }
}

/** Creates the plan of a stream; `undefined` if only its schema can read its records. */
export const createPlan = (bound: BoundStream): Plan | undefined => new Planner(bound).plan();
