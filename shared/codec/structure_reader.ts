/**
 * Reads records of any layout, member by member.
 *
 * @module
 */
import { isInvalid, type JsonSkipper, skipSpace } from "./json_skipper.ts";
import { createUnknownLeaf } from "./leaves/create_leaf.ts";
import { isNull, type Leaf } from "./leaves/leaf.ts";
import type { Plan, PlanNode, PlanObject, PlanTuple } from "./plan.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** Maximum number of unknown members of a record, since each name is compared with all others. */
const UNKNOWN_NAMES_MAX = 64;

/** The state of an object while it is read. */
class ObjectState {
  /** Whether each member is present. */
  readonly isPresent: Uint8Array;

  constructor(readonly node: PlanObject, readonly unknown: Leaf) {
    this.isPresent = new Uint8Array(node.members.length);
  }
}

/**
 * Reads values according to a plan and keeps their positions. A record that it does not accept may be valid: names with escapes, more than
 * one name of the same member, and other rare cases are left to the general path. Not reentrant.
 */
export class StructureReader {
  /** The leaves of the last record in its order, and the positions of their values: two numbers each. */
  readonly leaves: Leaf[] = [];
  readonly positions: number[] = [];
  /** Leaves of absent members, and leaves within absent or null objects. */
  readonly absent: Leaf[] = [];
  readonly nulls: Leaf[] = [];

  readonly #skipper: JsonSkipper;
  readonly #states = new Map<PlanObject, ObjectState>();
  readonly #unknownNames = new Int32Array(2 * UNKNOWN_NAMES_MAX);
  #unknownCount = 0;

  constructor(readonly plan: Plan) {
    this.#skipper = plan.skipper;
    this.#prepare(plan.root);
  }

  #prepare(node: PlanNode): void {
    if (node.kind === "tuple") node.elements.forEach((element) => this.#prepare(element));
    if (node.kind !== "object") return;
    this.#states.set(node, new ObjectState(node, createUnknownLeaf(this.#skipper, node.maxDepth)));
    node.members.forEach((member) => this.#prepare(member.node));
  }

  /** Reads the record in `bytes` from `start` to `end` (exclusive). Returns whether it is proven to be valid. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.leaves.length = 0;
    this.positions.length = 0;
    this.absent.length = 0;
    this.nulls.length = 0;
    this.#unknownCount = 0;
    const at = this.#object(this.plan.root, bytes, skipSpace(bytes, start, end), end);
    return at >= 0 && skipSpace(bytes, at, end) === end;
  }

  #value(node: PlanNode, bytes: Uint8Array, at: number, end: number): number {
    if (node.kind === "leaf") return this.#leaf(node.leaf, bytes, at, end);
    return node.kind === "object" ? this.#object(node, bytes, at, end) : this.#tuple(node, bytes, at, end);
  }

  #leaf(leaf: Leaf, bytes: Uint8Array, at: number, end: number): number {
    const next = leaf.read(bytes, at, end);
    if (next < 0) return -1;
    this.leaves.push(leaf);
    this.positions.push(at, next);
    return next;
  }

  #tuple({ elements }: PlanTuple, bytes: Uint8Array, at: number, end: number): number {
    if (at >= end || bytes[at] !== OPEN_ARRAY) return -1;
    for (let n = 0; n < elements.length; n++) {
      if (n > 0 && (at >= end || bytes[at] !== COMMA)) return -1;
      at = this.#value(elements[n]!, bytes, skipSpace(bytes, at + 1, end), end);
      if (at < 0) return -1;
      at = skipSpace(bytes, at, end);
    }
    return at < end && bytes[at] === CLOSE_ARRAY ? at + 1 : -1;
  }

  #object(node: PlanObject, bytes: Uint8Array, at: number, end: number): number {
    if (node.isNullable && isNull(bytes, at, end)) return this.#setNull(node) ? at + 4 : -1;
    if (at >= end || bytes[at] !== OPEN_OBJECT) return -1;
    const state = this.#states.get(node)!;
    state.isPresent.fill(0);
    at = skipSpace(bytes, at + 1, end);
    if (at < end && bytes[at] === CLOSE_OBJECT) return this.#endObject(state) ? at + 1 : -1;
    for (;; at = skipSpace(bytes, at + 1, end)) {
      at = this.#member(state, bytes, at, end);
      if (at < 0) return -1;
      at = skipSpace(bytes, at, end);
      if (at >= end) return -1;
      if (bytes[at] === CLOSE_OBJECT) return this.#endObject(state) ? at + 1 : -1;
      if (bytes[at] !== COMMA) return -1;
    }
  }

  /** Reads the member whose name begins at `at`. */
  #member({ node, isPresent, unknown }: ObjectState, bytes: Uint8Array, at: number, end: number): number {
    if (at >= end || bytes[at] !== QUOTE) return -1;
    const name = at + 1;
    at = this.#skipper.skipString(bytes, at, end);
    if (isInvalid(at)) return -1;
    const length = at - 1 - name;
    for (let i = name; i < name + length; i++) if (bytes[i] === BACKSLASH) return -1;
    at = skipSpace(bytes, at, end);
    if (at >= end || bytes[at] !== COLON) return -1;
    at = skipSpace(bytes, at + 1, end);
    const m = findMember(node, bytes, name, length);
    if (m >= 0) {
      if (isPresent[m] === 1) return -1;
      isPresent[m] = 1;
      return this.#value(node.members[m]!.node, bytes, at, end);
    }
    if (!node.ignoresOthers || (node === this.plan.root && !this.#noteUnknown(bytes, name, length))) {
      return -1;
    }
    return this.#leaf(unknown, bytes, at, end);
  }

  /** Notes the name of an unknown member. Returns false if it is a duplicate, or there are too many. */
  #noteUnknown(bytes: Uint8Array, start: number, length: number): boolean {
    const names = this.#unknownNames, count = this.#unknownCount;
    if (count === UNKNOWN_NAMES_MAX) return false;
    for (let n = 0; n < count; n++) {
      if (names[2 * n + 1] !== length) continue;
      const known = names[2 * n]!;
      let i = 0;
      while (i < length && bytes[known + i] === bytes[start + i]) i++;
      if (i === length) return false;
    }
    names[2 * count] = start;
    names[2 * count + 1] = length;
    this.#unknownCount++;
    return true;
  }

  /** Handles the absent members. Returns whether all of them may be absent. */
  #endObject({ node, isPresent }: ObjectState): boolean {
    for (let m = 0; m < isPresent.length; m++) {
      if (isPresent[m] === 1) continue;
      const member = node.members[m]!.node;
      if (member.kind === "leaf") {
        if (!member.leaf.setAbsent()) return false;
        this.absent.push(member.leaf);
      } else if (member.kind === "tuple" || !member.isOptional || !this.#setNull(member)) return false;
    }
    return true;
  }

  /** Sets all values below a node to NULL. */
  #setNull(node: PlanNode): boolean {
    if (node.kind === "tuple") return node.elements.every((element) => this.#setNull(element));
    if (node.kind === "object") return node.members.every((member) => this.#setNull(member.node));
    this.nulls.push(node.leaf);
    return node.leaf.setNull();
  }
}

/** The index of a member by its name or another name of it; −1: there is none. */
function findMember({ members }: PlanObject, bytes: Uint8Array, start: number, length: number): number {
  for (let m = 0; m < members.length; m++) {
    const { nameBytes, aliases } = members[m]!;
    if (isNameAt(bytes, start, length, nameBytes)) return m;
    for (let a = 0; a < aliases.length; a++) if (isNameAt(bytes, start, length, aliases[a]!)) return m;
  }
  return -1;
}

/** Whether the `length` bytes from `start` on equal a name. */
function isNameAt(bytes: Uint8Array, start: number, length: number, name: Uint8Array): boolean {
  if (length !== name.length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}
