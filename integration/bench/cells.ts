/**
 * Tables and the formats of their cells.
 *
 * @module
 */

export interface Table {
  readonly title: string;
  /** Column headings. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Rounds to an integer and groups its digits. */
export const formatInteger = (value: number): string =>
  Math.round(value).toLocaleString("en-GB").replaceAll(",", " ");
export const formatMebibytes = (bytes: number | undefined) =>
  bytes === undefined ? "?" : `${formatInteger(bytes / 2 ** 20)} MiB`;
