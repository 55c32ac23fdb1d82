/**
 * Layouts of records, learned at run time: the bytes between the values. Records of one program have few layouts.
 *
 * @module
 */
import type { Leaf } from "./leaves/leaf.ts";
import type { StructureReader } from "./structure_reader.ts";

/** Maximum number of steps. When there are more, learning begins anew: the records may have other layouts now. */
const STEPS_MAX = 1_000;
/** Maximum number of steps after one, which are compared one after another: members with variable names have one per record. */
const SIBLINGS_MAX = 16;
/** Longest literal of a step. */
const LITERAL_LENGTH_MAX = 2_000;
/** Literals are compared eight bytes at a time, as doubles. None is NaN or 0, which UTF-8 without NUL does not contain. */
const WORD_BYTES = 8;

/** Some bytes and the value after them; without a value, the end of the record. Steps form a tree, as layouts begin alike. */
class Step {
  readonly next: Step[] = [];
  readonly length: number;
  /** The literal as doubles, of which the last one may overlap the one before it. Empty if the literal is shorter. */
  readonly words: Float64Array;

  constructor(
    readonly literal: Uint8Array,
    readonly leaf: Leaf | undefined,
    /** At the end: leaves of absent members, and leaves within absent or null objects. */
    readonly absent: readonly Leaf[],
    readonly nulls: readonly Leaf[],
  ) {
    const { length } = literal, view = new DataView(literal.buffer);
    this.length = length;
    this.words = Float64Array.from(
      { length: length < WORD_BYTES ? 0 : Math.ceil(length / WORD_BYTES) },
      (_, n) => view.getFloat64(Math.min(n * WORD_BYTES, length - WORD_BYTES), true),
    );
  }
}

/** The record has the layout of a step, and is valid. */
export const MATCHES = 1;
/** No known layout. */
export const IS_UNKNOWN = 0;
/** The record has a known layout, but a value is not proven to be valid. */
export const IS_DOUBTFUL = -1;

/** The layouts of a stream's records. */
export class Layouts {
  #first: Step[] = [];
  #stepCount = 0;
  /** The last records' memory. */
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Reads the record in `bytes` from `start` to `end` (exclusive). */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (this.#view.buffer !== bytes.buffer) this.#view = new DataView(bytes.buffer);
    const view = this.#view, { byteOffset } = bytes;
    let at = start;
    let steps = this.#first;
    for (;;) {
      const step = findStep(steps, view, byteOffset + at, byteOffset + end);
      if (step === undefined) return IS_UNKNOWN;
      at += step.length;
      const { leaf } = step;
      if (leaf === undefined) {
        if (at !== end) return IS_UNKNOWN;
        return setAbsent(step) ? MATCHES : IS_DOUBTFUL;
      }
      const next = leaf.read(bytes, at, end);
      if (next < 0) return isSpace(bytes[at]) ? IS_UNKNOWN : IS_DOUBTFUL;
      at = next;
      steps = step.next;
    }
  }

  /** Learns the layout of the record that a reader has read. */
  learn(
    { leaves, positions, absent, nulls }: StructureReader,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (leaves.length > STEPS_MAX) return;
    if (this.#stepCount > STEPS_MAX) {
      this.#first = [];
      this.#stepCount = 0;
    }
    let from = start;
    let steps = this.#first;
    for (let n = 0; n <= leaves.length; n++) {
      const isEnd = n === leaves.length;
      const to = isEnd ? end : positions[2 * n]!;
      if (to - from > LITERAL_LENGTH_MAX) return;
      const leaf = leaves[n];
      let step = steps.find((known) => known.leaf === leaf && equals(known.literal, bytes, from, to));
      if (!step) {
        // A copy, unlike Buffer.slice(): the records' memory is used again.
        step = new Step(
          Uint8Array.from(bytes.subarray(from, to)),
          leaf,
          isEnd ? [...absent] : [],
          isEnd ? [...nulls] : [],
        );
        if (steps.length === SIBLINGS_MAX) return;
        insert(steps, step);
        this.#stepCount++;
      }
      from = positions[2 * n + 1]!;
      steps = step.next;
    }
  }
}

/** The step whose literal is in `view` at `at`, before `end`. */
function findStep(steps: readonly Step[], view: DataView, at: number, end: number): Step | undefined {
  for (let n = 0; n < steps.length; n++) {
    const step = steps[n]!;
    if (at + step.length <= end && isLiteralAt(step, view, at)) return step;
  }
  return undefined;
}

function isLiteralAt({ literal, length, words }: Step, view: DataView, at: number): boolean {
  if (length < WORD_BYTES) {
    for (let i = 0; i < length; i++) if (view.getUint8(at + i) !== literal[i]) return false;
    return true;
  }
  const last = words.length - 1;
  if (view.getFloat64(at + length - WORD_BYTES, true) !== words[last]) return false;
  for (let n = 0; n < last; n++) if (view.getFloat64(at + n * WORD_BYTES, true) !== words[n]) return false;
  return true;
}

function setAbsent({ absent, nulls }: Step): boolean {
  for (let n = 0; n < absent.length; n++) if (!absent[n]!.setAbsent()) return false;
  for (let n = 0; n < nulls.length; n++) if (!nulls[n]!.setNull()) return false;
  return true;
}

/** Inserts a step before those whose literals it begins with. */
function insert(steps: Step[], step: Step): void {
  const { literal } = step;
  const at = steps.findIndex((known) =>
    known.literal.length <= literal.length && equals(known.literal, literal, 0, known.literal.length)
  );
  steps.splice(at < 0 ? steps.length : at, 0, step);
}

/** Whether a literal equals the bytes from `start` to `end` (exclusive). */
function equals(literal: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (literal.length !== end - start) return false;
  for (let i = 0; i < literal.length; i++) if (literal[i] !== bytes[start + i]) return false;
  return true;
}

const isSpace = (byte: number | undefined) =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
