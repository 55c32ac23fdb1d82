/**
 * What a stream's schema has said. It depends on what is wrong with a record, and not on by how much: once it has said the same of a
 * few that are wrong in the same way, it need not be asked again for the others.
 *
 * @module
 */
import type { Rejection } from "./rejection.ts";

/** How many records with the same sign the schema must have said the same of. */
const MIN_IDENTICAL = 3;
/** Most signs that are remembered. */
const MAX_CODES = 1_000;

/** What the schema has said of the records with a sign. */
interface Said {
  readonly rejection: Rejection;
  /** Of how many; −∞: not of all the same. */
  times: number;
}

/** Remembers what a schema says. One is enough for a consumer. */
export class RejectionCache {
  readonly #said = new Map<number, Said>();

  /** What the schema says of records with that sign; `undefined`: it has to be asked. */
  find(sign: number): Rejection | undefined {
    const said = this.#said.get(sign);
    return said !== undefined && said.times >= MIN_IDENTICAL ? said.rejection : undefined;
  }

  /** Tells what the schema says of a record with that sign. */
  learn(sign: number, rejection: Rejection): void {
    const said = this.#said.get(sign);
    if (said !== undefined) {
      if (said.rejection.detail === rejection.detail) said.times++;
      else said.times = -Infinity;
    } else if (this.#said.size < MAX_CODES) this.#said.set(sign, { rejection, times: 1 });
  }
}
