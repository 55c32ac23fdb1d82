import type { Terminal } from "./terminal.ts";

/** Says what is being done, with the time since the start. */
export class Steps {
  readonly #display: Terminal;
  readonly #started = performance.now();

  constructor(display: Terminal) {
    this.#display = display;
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return performance.now() - this.#started;
  }

  /** Prints a line that stays. */
  readonly print = (message: string): void => {
    this.#display.print(`[${(this.elapsed / 1000).toFixed(1).padStart(5)} s] ${message}`);
  };
}
