/**
 * The numbers and texts that a column's type can hold, as far as generated records need it.
 *
 * @module
 */
import type { TypeDescriptor } from "../types/type_descriptor.ts";

export interface ColumnLimits {
  /** Kind of the type; `undefined`: the value has no column. */
  readonly kind: TypeDescriptor["kind"] | undefined;
  /** Range of whole numbers. */
  readonly integers?: readonly [min: bigint, max: bigint];
  /** Greatest absolute value of a number. */
  readonly magnitude?: number;
  /** Digits after the decimal point. */
  readonly scale?: number;
  /** In characters. */
  readonly maxLength?: number;
}

/** Widths of the whole numbers. */
const BITS: Partial<Readonly<Record<TypeDescriptor["kind"], bigint>>> = {
  smallint: 16n,
  integer: 32n,
  bigint: 64n,
};

/** Nearly the greatest `real`. */
const REAL_MAX = 3.4e38;

/** Returns the limits of a type. */
export function columnLimits(type: TypeDescriptor | undefined): ColumnLimits {
  const kind = type?.kind;
  const [first, scale = 0] = type?.modifiers ?? [];
  const bits = kind && BITS[kind];
  if (bits) return { kind, integers: [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n] };
  if (kind === "real") return { kind, magnitude: REAL_MAX };
  if (kind === "numeric" && first !== undefined) {
    return { kind, scale, magnitude: (10 ** first - 1) / 10 ** scale };
  }
  if ((kind === "character" || kind === "character varying") && first !== undefined) {
    return { kind, maxLength: first };
  }
  return { kind };
}

/** Whether the type has whole numbers only. */
export const isWholeKind = ({ kind }: ColumnLimits): boolean =>
  kind !== undefined && BITS[kind] !== undefined;
