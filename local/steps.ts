import type { Terminal } from "./terminal.ts";

/** Prints the steps of the program with the time since its start. */
export class Steps {
  readonly #terminal: Terminal;
  readonly #started = performance.now();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return performance.now() - this.#started;
  }

  readonly print = (message: string): void => {
    this.#terminal.print(`[${(this.elapsed / 1000).toFixed(1).padStart(5)} s] ${message}`);
  };
}
