/**
 * Checkers prove that JSON bytes are valid for a part of a schema, without parsing them. They are created for a closed list of nodes.
 *
 * @module
 */
import type { z } from "zod";
import { isInvalid, JsonSkipper, skipSpace } from "../json_skipper.ts";
import {
  bigintRules,
  decimalRules,
  type NumberRules,
  numberRules,
  stringOptions,
  stringRules,
} from "../node_rules.ts";
import { NumberScanner } from "../number_scanner.ts";
import { isNull, skipBoolean } from "./leaf.ts";
import { absenceOf, nullableInner } from "./nullable.ts";
import { StringReader } from "./string_reader.ts";
import { defOf, hasChecks, type Schema } from "../../zod_node.ts";

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** What checkers of one value share. */
export interface CheckContext {
  readonly skipper: JsonSkipper;
}

/** Proves that values are valid. */
export interface Checker {
  /** Returns the index after the value that begins at `at`, or −1 if it is not proven to be valid. */
  check(bytes: Uint8Array, at: number, end: number): number;
}

/** Any JSON. */
class AnyChecker implements Checker {
  constructor(readonly context: CheckContext, readonly maxDepth: number) {}

  check(bytes: Uint8Array, at: number, end: number): number {
    const next = this.context.skipper.skipValue(bytes, at, end, this.maxDepth);
    return isInvalid(next) ? -1 : next;
  }
}

/** Any object. */
class AnyObjectChecker extends AnyChecker {
  override check(bytes: Uint8Array, at: number, end: number): number {
    return at < end && bytes[at] === OPEN_OBJECT ? super.check(bytes, at, end) : -1;
  }
}

class NumberChecker implements Checker {
  readonly #scanner = new NumberScanner();

  constructor(readonly rules: NumberRules) {}

  check(bytes: Uint8Array, at: number, end: number): number {
    const number = this.#scanner.scan(bytes, at, end);
    const { min, max, isInteger } = this.rules;
    if (!(number >= min && number <= max) || (isInteger && !Number.isInteger(number))) return -1;
    return this.#scanner.end;
  }
}

/** Whole numbers of at most 15 digits: no larger one is needed within documents. */
class WholeNumberChecker implements Checker {
  readonly #scanner = new NumberScanner();

  constructor(readonly min: bigint | undefined, readonly max: bigint | undefined) {}

  check(bytes: Uint8Array, at: number, end: number): number {
    const number = this.#scanner.scan(bytes, at, end);
    if (!Number.isSafeInteger(number) || this.#scanner.hasFraction) return -1;
    if (this.min !== undefined && !(number >= this.min) || this.max !== undefined && !(number <= this.max)) {
      return -1;
    }
    return this.#scanner.end;
  }
}

/** Decimal numbers of at most 15 digits. */
class DecimalChecker implements Checker {
  readonly #scanner = new NumberScanner();

  constructor(readonly min: number, readonly max: number, readonly scale: number) {}

  check(bytes: Uint8Array, at: number, end: number): number {
    const number = this.#scanner.scan(bytes, at, end);
    const next = this.#scanner.end;
    // At most 15 digits, a sign, and a point.
    if (!(number >= this.min && number <= this.max) || next - at > 15) return -1;
    if (this.scale !== Infinity && this.#scanner.hasFraction) return -1;
    return next;
  }
}

class StringChecker implements Checker {
  constructor(readonly reader: StringReader) {}

  check(bytes: Uint8Array, at: number, end: number): number {
    return at < end && bytes[at] === QUOTE ? this.reader.read(bytes, at, end) : -1;
  }
}

class BooleanChecker implements Checker {
  check(bytes: Uint8Array, at: number, end: number): number {
    return skipBoolean(bytes, at, end);
  }
}

class NullableChecker implements Checker {
  constructor(readonly inner: Checker) {}

  check(bytes: Uint8Array, at: number, end: number): number {
    return isNull(bytes, at, end) ? at + 4 : this.inner.check(bytes, at, end);
  }
}

class ArrayChecker implements Checker {
  constructor(readonly element: Checker, readonly min: number, readonly max: number) {}

  check(bytes: Uint8Array, at: number, end: number): number {
    if (at >= end || bytes[at] !== OPEN_ARRAY) return -1;
    at = skipSpace(bytes, at + 1, end);
    if (at < end && bytes[at] === CLOSE_ARRAY) return this.min === 0 ? at + 1 : -1;
    for (let count = 1;; count++) {
      at = this.element.check(bytes, at, end);
      if (at < 0) return -1;
      at = skipSpace(bytes, at, end);
      if (at >= end) return -1;
      if (bytes[at] === CLOSE_ARRAY) return count >= this.min && count <= this.max ? at + 1 : -1;
      if (bytes[at] !== COMMA) return -1;
      at = skipSpace(bytes, at + 1, end);
    }
  }
}

/** A member of an object. */
interface MemberChecker {
  readonly name: Uint8Array;
  readonly checker: Checker;
  readonly isRequired: boolean;
}

/** Objects of at most 31 named members. Names with escapes and duplicates are left to the schema. */
class ObjectChecker implements Checker {
  readonly #required: number;

  constructor(
    readonly context: CheckContext,
    readonly members: readonly MemberChecker[],
    /** For other members; `undefined`: they are invalid. */
    readonly others: Checker | undefined,
  ) {
    this.#required = members.reduce((bits, { isRequired }, m) => isRequired ? bits | 1 << m : bits, 0);
  }

  check(bytes: Uint8Array, at: number, end: number): number {
    if (at >= end || bytes[at] !== OPEN_OBJECT) return -1;
    at = skipSpace(bytes, at + 1, end);
    if (at < end && bytes[at] === CLOSE_OBJECT) return this.#required === 0 ? at + 1 : -1;
    let present = 0;
    /** In records of the same program, members have the same order. */
    let expected = 0;
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return -1;
      const name = at + 1;
      at = this.context.skipper.skipString(bytes, at, end);
      if (isInvalid(at)) return -1;
      const m = this.#find(bytes, name, at - 1 - name, expected);
      at = skipSpace(bytes, at, end);
      if (at >= end || bytes[at] !== COLON) return -1;
      at = skipSpace(bytes, at + 1, end);
      if (m === IS_ESCAPED) return -1;
      if (m < 0) at = this.others ? this.others.check(bytes, at, end) : -1;
      else {
        if ((present & 1 << m) !== 0) return -1;
        present |= 1 << m;
        expected = m + 1;
        at = this.members[m]!.checker.check(bytes, at, end);
      }
      if (at < 0) return -1;
      at = skipSpace(bytes, at, end);
      if (at >= end) return -1;
      if (bytes[at] === CLOSE_OBJECT) return (present & this.#required) === this.#required ? at + 1 : -1;
      if (bytes[at] !== COMMA) return -1;
      at = skipSpace(bytes, at + 1, end);
    }
  }

  #find(bytes: Uint8Array, start: number, length: number, expected: number): number {
    const { members } = this;
    for (let n = 0; n < members.length; n++) {
      let m = expected + n;
      if (m >= members.length) m -= members.length;
      const { name } = members[m]!;
      if (name.length !== length) continue;
      let i = 0;
      while (i < length && bytes[start + i] === name[i]) i++;
      if (i === length) return m;
    }
    for (let i = start; i < start + length; i++) if (bytes[i] === 0x5c) return IS_ESCAPED;
    return IS_UNKNOWN;
  }
}

/** Instead of the index of a member. */
const IS_UNKNOWN = -1, IS_ESCAPED = -2;

/** Number of members for whose presence a bit is kept. */
const MEMBERS_MAX = 31;

const encoder = new TextEncoder();

function createObjectChecker(
  context: CheckContext,
  { shape, catchall }: z.core.$ZodObjectDef,
  maxDepth: number,
): Checker | undefined {
  const names = Object.keys(shape);
  if (names.length > MEMBERS_MAX || names.some((name) => name in Object.prototype)) return undefined;
  const members: MemberChecker[] = [];
  for (const name of names) {
    const absence = absenceOf(shape[name]!);
    const checker = createChecker(context, shape[name]!, maxDepth);
    if (!checker || absence === "schema") return undefined;
    members.push({ name: encoder.encode(name), checker, isRequired: absence === "invalid" });
  }
  const others = catchall && createChecker(context, catchall, maxDepth);
  const allowsAny = others instanceof AnyChecker && !(others instanceof AnyObjectChecker);
  if (names.length === 0 && (!catchall || allowsAny)) {
    return new AnyObjectChecker(context, maxDepth + 1);
  }
  if (catchall === undefined) return new ObjectChecker(context, members, new AnyChecker(context, maxDepth));
  if (defOf(catchall).type === "never") return new ObjectChecker(context, members, undefined);
  return others && new ObjectChecker(context, members, others);
}

/** Limits of an array's length; `undefined` if it has other checks. */
export function lengthLimits(schema: Schema): { min: number; max: number } | undefined {
  let min = 0, max = Infinity;
  for (const check of defOf(schema).checks ?? []) {
    const def = check._zod.def as { check: string; minimum?: number; maximum?: number; length?: number };
    if (def.check === "min_length") min = Math.max(min, def.minimum!);
    else if (def.check === "max_length") max = Math.min(max, def.maximum!);
    else return undefined;
  }
  return { min, max };
}

/** The checker of a schema; `undefined` if it has a node or check that is not known. Recursive schemas have none. */
export function createChecker(context: CheckContext, schema: Schema, maxDepth: number): Checker | undefined {
  if (maxDepth <= 0) return undefined;
  const { inner, isNullable, hasDefault } = nullableInner(schema);
  if (hasDefault) return undefined;
  const checker = createInnerChecker(context, inner, maxDepth);
  return checker && isNullable ? new NullableChecker(checker) : checker;
}

function createInnerChecker(context: CheckContext, schema: Schema, maxDepth: number): Checker | undefined {
  const def = defOf(schema);
  const number = numberRules(schema);
  if (number) return new NumberChecker(number);
  const whole = bigintRules(schema);
  if (whole) return new WholeNumberChecker(whole.min, whole.max);
  const decimals = decimalRules(schema);
  if (decimals) return new DecimalChecker(decimals.min, decimals.max, decimals.scale);
  const string = stringRules(schema);
  if (string) return new StringChecker(new StringReader(string, context.skipper));
  const options = stringOptions(schema);
  if (options) return new StringChecker(StringReader.ofOptions(options, context.skipper));
  if (def.type === "array") {
    const limits = lengthLimits(schema);
    const element = limits && createChecker(context, def.element, maxDepth - 1);
    return element && new ArrayChecker(element, limits.min, limits.max);
  }
  if (hasChecks(schema)) return undefined;
  switch (def.type) {
    case "any":
    case "unknown":
      return new AnyChecker(context, maxDepth);
    case "boolean":
      return (def as { coerce?: boolean }).coerce ? undefined : new BooleanChecker();
    case "object":
      return createObjectChecker(context, def, maxDepth - 1);
    case "record": {
      const isPlain = stringRules(def.keyType)?.patterns.length === 0 &&
        defOf(def.keyType).checks === undefined;
      const others = isPlain ? createChecker(context, def.valueType, maxDepth - 1) : undefined;
      return others && new ObjectChecker(context, [], others);
    }
    default:
      return undefined;
  }
}
