import xterm from "@xterm/headless";

const ROWS = 40;

/** The screen below its state, before any record. */
export const FIGURES = [
  "",
  "                  records    records/s",
  "  produced              0            0",
  "  stored                0            0",
  "  rejected              0            0",
  "  lag                   0",
];

/** A terminal without a window: interprets escape sequences, and wraps lines again when it is resized. */
export class VirtualTerminal {
  colors = false;
  readonly #columns: number[];
  /** What was written at each of the widths. */
  readonly #written = [""];

  constructor(columns = 40) {
    this.#columns = [columns];
  }

  readonly isTerminal = (): boolean => true;
  readonly hasColors = (): boolean => this.colors;
  readonly width = (): number => this.#columns.at(-1)!;

  readonly write = (text: string): void => {
    this.#written[this.#written.length - 1] += text;
  };

  resize(columns: number): void {
    this.#columns.push(columns);
    this.#written.push("");
  }

  /** Everything written. */
  get raw(): string {
    return this.#written.join("");
  }

  get cursorShown(): boolean {
    return this.raw.lastIndexOf("\x1b[?25h") > this.raw.lastIndexOf("\x1b[?25l");
  }

  /** The lines that a user sees, without empty ones at the end. */
  async lines(): Promise<string[]> {
    const terminal = new xterm.Terminal({
      cols: this.#columns[0]!,
      rows: ROWS,
      convertEol: true,
      allowProposedApi: true,
    });
    for (const [index, text] of this.#written.entries()) {
      terminal.resize(this.#columns[index]!, ROWS);
      await new Promise<void>((resolve) => terminal.write(text, resolve));
    }
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, i) => active.getLine(i)!.translateToString(true));
    terminal.dispose();
    return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
  }
}
