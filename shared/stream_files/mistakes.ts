/**
 * Mistakes in a stream file, each with its place.
 *
 * @module
 */
import type { SettingProblem } from "../settings/error.ts";

/** A JSON pointer that is extended by one member or index (RFC 6901). */
export const pointerTo = (pointer: string, step: string | number): string =>
  `${pointer}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;

/**
 * The steps of a JSON pointer; `undefined` if the text is not one.
 *
 * @example
 * ```ts
 * import assert from "assert";
 * assert.deepEqual(stepsOf("/coordinates/0"), ["coordinates", "0"]);
 * assert.deepEqual(stepsOf(""), []);
 * assert.equal(stepsOf("coordinates"), undefined);
 * ```
 */
export function stepsOf(pointer: string): string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return undefined;
  return pointer.slice(1).split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Collects the mistakes of one file. */
export class Mistakes {
  readonly problems: SettingProblem[] = [];
  readonly #ignored: string[] = [];

  /** @param file its path for messages */
  constructor(readonly file: string) {}

  /**
   * @param pointer JSON pointer of the mistake; empty: the whole file
   * @param cause a clause without a full stop
   * @param remedy one or more sentences
   */
  add(pointer: string, cause: string, remedy: string): void {
    const isConsequence = this.#ignored.some((each) =>
      pointer === each || pointer.startsWith(`${each}/`) || pointer !== "" && pointer === parentOf(each)
    );
    if (isConsequence) return;
    this.problems.push({ cause: `${this.file}${pointer === "" ? "" : ` at ${pointer}`}: ${cause}`, remedy });
  }

  /** Omits later mistakes at a pointer, below it and at its parent: consequences of a mistake there. */
  ignore(pointer: string): void {
    this.#ignored.push(pointer);
  }
}

const parentOf = (pointer: string): string => pointer.slice(0, pointer.lastIndexOf("/"));
