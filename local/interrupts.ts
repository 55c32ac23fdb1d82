/** Signals that ask this program to stop. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Milliseconds in which signals count as one: Ctrl-C reaches this program from the terminal and from `deno task`. */
const ONE_KEYSTROKE = 300;

/** Listens for Ctrl-C: the first asks to stop in order, the second to stop at once. */
export class Interrupts implements Disposable {
  readonly #first = new AbortController();
  readonly #second: () => void;
  #since = 0;

  /** @param second Called when there is no more patience. */
  constructor(second: () => void) {
    this.#second = second;
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#listener);
  }

  /** Aborted at the first. */
  get signal(): AbortSignal {
    return this.#first.signal;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#listener);
  }

  readonly #listener = () => {
    const now = performance.now();
    if (!this.signal.aborted) {
      this.#since = now;
      this.#first.abort();
    } else if (now - this.#since > ONE_KEYSTROKE) this.#second();
  };
}
