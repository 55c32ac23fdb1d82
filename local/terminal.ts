import { escapeUnprintable } from "../shared/escape.ts";
import { renderLine, renderScreen, type View } from "./screen.ts";
import { hasColors, type Style, styled } from "./style.ts";

/** What a {@link Terminal} writes to. */
export interface Output {
  write(text: string): void;
  /** Whether the cursor can be moved. */
  isTerminal(): boolean;
  /** Characters per line; 0: unknown. */
  width(): number;
  hasColors(): boolean;
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
  isTerminal: () => Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb",
  width: () => Deno.consoleSize().columns,
  hasColors,
};

const PLAIN_OUTPUT_INTERVAL_MS = 5_000;

/** The width of a terminal that does not tell it. */
const DEFAULT_WIDTH = 80;

/**
 * Shows a live screen: redrawn in place on a terminal, else as a line every few seconds. Lines printed in between stay
 * above the screen.
 */
export class Terminal implements Disposable {
  readonly #output: Output;
  /** Characters of each line of the screen. */
  #screen: number[] = [];
  #lastLine = -Infinity;

  constructor(output: Output = STANDARD_OUTPUT) {
    this.#output = output;
  }

  /**
   * Prints text above the screen. Control characters except line feeds are escaped.
   *
   * @param label printed before the text
   */
  print(text: string, style?: Style, label = ""): void {
    const lines = text.split("\n").map((line) => this.#paint(escapeUnprintable(line), style));
    this.#output.write(`${this.#clear()}${this.#paint(label, "dim")}${lines.join("\n")}\n`);
  }

  /** Redraws the screen. */
  show(view: View): void {
    if (this.#output.isTerminal()) this.#redraw(view);
    else if (view.elapsed - this.#lastLine >= PLAIN_OUTPUT_INTERVAL_MS) this.#printLine(view);
  }

  /** Draws the screen for the last time; it remains. */
  finish(view: View): void {
    if (this.#output.isTerminal()) this.#redraw(view);
    else this.#printLine(view);
    this.#screen = [];
  }

  /** Shows the cursor again. */
  [Symbol.dispose](): void {
    if (this.#output.isTerminal()) this.#output.write(SHOW_CURSOR);
  }

  #printLine(view: View): void {
    this.#lastLine = view.elapsed;
    this.#output.write(`${renderLine(view)}\n`);
  }

  #redraw(view: View): void {
    const lines = renderScreen(view, this.#width());
    const text = lines.map(({ text, style }) => `${this.#paint(text, style)}\n`).join("");
    // A single write prevents flicker.
    this.#output.write(`${HIDE_CURSOR}${this.#clear()}${text}`);
    this.#screen = lines.map((line) => line.text.length);
  }

  /**
   * Returns the escape sequence that erases the screen, and what the terminal has echoed below it (`^C`), and moves the cursor to
   * its first line.
   */
  #clear(): string {
    if (!this.#output.isTerminal()) return "";
    // A terminal that became narrower wraps the lines.
    const width = this.#width();
    const height = this.#screen.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / width)), 0);
    this.#screen = [];
    return `${height > 0 ? `\x1b[${height}A` : ""}\r\x1b[J`;
  }

  #paint(text: string, style: Style | undefined): string {
    return style && text !== "" && this.#output.hasColors() ? styled(style, text) : text;
  }

  #width(): number {
    return this.#output.width() || DEFAULT_WIDTH;
  }
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
