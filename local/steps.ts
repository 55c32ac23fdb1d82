import type { Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** Prints a message. */
export type Print = (message: string, style?: Style) => void;

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

  readonly print: Print = (message, style) => {
    this.#terminal.print(message, style, `[${(this.elapsed / 1000).toFixed(1).padStart(5)} s] `);
  };
}
