import { escapeUnprintable } from "../shared/escape.ts";
import { renderLine, renderScreen, type View } from "./screen.ts";

/** Where a {@link Terminal} writes. */
export interface Output {
  write(text: string): void;
  isTerminal(): boolean;
  /** Characters in a line. */
  width(): number;
}

/** Standard output. What cannot be written is dropped: a closed terminal or pipe must not prevent an orderly stop. */
export const STANDARD_OUTPUT: Output = {
  write: (text) => {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
    } catch {
      // Nobody sees it.
    }
  },
  isTerminal: () => Deno.stdout.isTerminal(),
  width: () => Deno.consoleSize().columns,
};

/** Milliseconds between lines where there is no terminal. */
const PLAIN_OUTPUT_INTERVAL_MS = 5_000;

/**
 * Shows one screen, live: redrawn in place on a terminal, as a line every few seconds elsewhere. Other lines can be
 * printed at any time; they stay above the screen.
 */
export class Terminal implements Disposable {
  readonly #output: Output;
  /** Lines of the terminal that the screen takes. */
  #height = 0;
  #lastLine = -Infinity;

  constructor(output: Output = STANDARD_OUTPUT) {
    this.#output = output;
  }

  /** Prints a text that stays. Control characters in it are escaped, except line feeds. */
  print(text: string): void {
    const lines = text.split("\n").map(escapeUnprintable);
    this.#output.write(`${this.#clear()}${lines.join("\n")}\n`);
  }

  /** Shows the screen anew. */
  show(view: View): void {
    if (this.#output.isTerminal()) this.#redraw(renderScreen(view));
    else if (view.elapsed - this.#lastLine >= PLAIN_OUTPUT_INTERVAL_MS) this.#printLine(view);
  }

  /** Shows it for the last time; it stays. */
  finish(view: View): void {
    if (this.#output.isTerminal()) this.#redraw(renderScreen(view));
    else this.#printLine(view);
    this.#height = 0;
  }

  /** Gives the terminal its cursor back. */
  [Symbol.dispose](): void {
    if (this.#output.isTerminal()) this.#output.write(SHOW_CURSOR);
  }

  #printLine(view: View): void {
    // They would be in the way of the numbers more than once.
    const notes = this.#lastLine === -Infinity ? view.notes : [];
    this.#lastLine = view.elapsed;
    this.#output.write([...notes, renderLine(view)].map((line) => `${line}\n`).join(""));
  }

  #redraw(lines: string[]): void {
    const width = Math.max(1, this.#output.width());
    // One write, so that nothing flickers.
    this.#output.write(`${HIDE_CURSOR}${this.#clear()}${lines.map((line) => `${line}\n`).join("")}`);
    this.#height = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0);
  }

  /** What takes the screen away; the cursor is at its beginning then. */
  #clear(): string {
    const height = this.#height;
    this.#height = 0;
    return height > 0 ? `\x1b[${height}A\x1b[J` : "";
  }
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
