import { escapeUnprintable } from "../shared/escape.ts";
import { renderLine, renderScreen, type View } from "./screen.ts";

/** What a {@link Terminal} writes to. */
export interface Output {
  write(text: string): void;
  isTerminal(): boolean;
  /** Characters per line. */
  width(): number;
}

/** Standard output. Write errors are ignored: a closed terminal or pipe must not prevent a clean shutdown. */
export const STANDARD_OUTPUT: Output = {
  write: (text) => {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
    } catch {
      // See above.
    }
  },
  isTerminal: () => Deno.stdout.isTerminal(),
  width: () => Deno.consoleSize().columns,
};

const PLAIN_OUTPUT_INTERVAL_MS = 5_000;

/**
 * Shows a live screen: redrawn in place on a terminal, else as a line every few seconds. Lines printed in between stay
 * above the screen.
 */
export class Terminal implements Disposable {
  readonly #output: Output;
  /** Terminal lines occupied by the screen. */
  #height = 0;
  #lastLine = -Infinity;

  constructor(output: Output = STANDARD_OUTPUT) {
    this.#output = output;
  }

  /** Prints text above the screen. Control characters except line feeds are escaped. */
  print(text: string): void {
    const lines = text.split("\n").map(escapeUnprintable);
    this.#output.write(`${this.#clear()}${lines.join("\n")}\n`);
  }

  /** Redraws the screen. */
  show(view: View): void {
    if (this.#output.isTerminal()) this.#redraw(renderScreen(view));
    else if (view.elapsed - this.#lastLine >= PLAIN_OUTPUT_INTERVAL_MS) this.#printLine(view);
  }

  /** Draws the screen for the last time; it remains. */
  finish(view: View): void {
    if (this.#output.isTerminal()) this.#redraw(renderScreen(view));
    else this.#printLine(view);
    this.#height = 0;
  }

  /** Shows the cursor again. */
  [Symbol.dispose](): void {
    if (this.#output.isTerminal()) this.#output.write(SHOW_CURSOR);
  }

  #printLine(view: View): void {
    // Notes are printed once.
    const notes = this.#lastLine === -Infinity ? view.notes : [];
    this.#lastLine = view.elapsed;
    this.#output.write([...notes, renderLine(view)].map((line) => `${line}\n`).join(""));
  }

  #redraw(lines: string[]): void {
    const width = Math.max(1, this.#output.width());
    // A single write prevents flicker.
    this.#output.write(`${HIDE_CURSOR}${this.#clear()}${lines.map((line) => `${line}\n`).join("")}`);
    this.#height = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0);
  }

  /** Returns the escape sequence that erases the screen and moves the cursor to its first line. */
  #clear(): string {
    const height = this.#height;
    this.#height = 0;
    return height > 0 ? `\x1b[${height}A\x1b[J` : "";
  }
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
