/**
 * Builds records with hostile values; the values are in `hostile_values.ts`.
 *
 * @module
 */

/** A value and its expected result. */
export type HostileValue =
  & {
    /** Unique description. */
    readonly kind: string;
    readonly value: string | Uint8Array | null;
  }
  & ({ readonly row: readonly number[] } | { readonly reason: string });

export const MEBIBYTE = 1_048_576;
/** The row of {@link route}. */
export const ROW = [7, 1700000000.5, 1.5, 2.5];
export const SQL = "'); DROP TABLE routes_table; --";

export const bytes = (...parts: (string | number)[]) =>
  new Uint8Array(
    parts.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : [part]),
  );
/** A record with this text as userID. */
export const user = (text: string) => `{"userID":${text},"timestamp":1700000000.5,"coordinates":[1.5,2.5]}`;
/** A record with this text as timestamp. */
export const time = (text: string) => `{"userID":7,"timestamp":${text},"coordinates":[1.5,2.5]}`;
/** A record with this text as coordinates. */
export const place = (text: string) => `{"userID":7,"timestamp":1700000000.5,"coordinates":${text}}`;
/** A valid record, with `more` inserted before its last brace. */
export const route = (more = "") => `{"userID":7,"timestamp":1700000000.5,"coordinates":[1.5,2.5]${more}}`;
/** A valid record with this text as value of an unknown field. */
export const field = (text: string) => route(`,"more":${text}`);
export const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
/** A valid record of this many bytes. */
export const recordOfSize = (size: number) => field(`"${"x".repeat(size - field('""').length)}"`);

/** Values that are rejected for `reason`, by kind. */
export const rejected = (reason: string, values: Record<string, HostileValue["value"]>): HostileValue[] =>
  Object.entries(values).map(([kind, value]) => ({ kind, value, reason }));
/** Values that are stored as {@link ROW} or as the given row, by kind. */
export const stored = (
  values: Record<string, string | Uint8Array | [string | Uint8Array, number[]]>,
): HostileValue[] =>
  Object.entries(values).map(([kind, value]) =>
    Array.isArray(value) ? { kind, value: value[0], row: value[1] } : { kind, value, row: ROW }
  );
