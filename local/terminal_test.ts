import assert from "assert";
import { Terminal } from "./terminal.ts";
import { Readings } from "./readings.ts";

/** A terminal of 40 characters per line that interprets escape sequences, or a plain output. */
class FakeTerminal {
  lines: string[] = [""];
  cursorShown = true;
  raw = "";
  columns = 40;
  colors = false;

  constructor(readonly terminal: boolean) {}

  isTerminal = () => this.terminal;
  width = () => this.columns;
  hasColors = () => this.colors;

  write(text: string): void {
    this.raw += text;
    // deno-lint-ignore no-control-regex -- they are what it is about
    for (const [part, up] of text.matchAll(/\x1b\[(?:(\d+)A|\?25[lh]|J)|\n|\r|[^\x1b\r\n]+/g)) {
      if (up !== undefined) this.lines.splice(this.lines.length - 1 - parseInt(up), Infinity, "");
      else if (part === "\n") this.lines.push("");
      else if (part === "\r") this.lines[this.lines.length - 1] = "";
      else if (part.startsWith("\x1b[?")) this.cursorShown = part.endsWith("h");
      else if (part !== "\x1b[J") this.lines[this.lines.length - 1] += part;
    }
  }

  /** Makes the terminal narrower: it wraps longer lines. */
  narrow(columns: number): void {
    this.columns = columns;
    this.lines = this.lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""]);
  }
}

const view = (state: string, elapsed = 0) => ({
  ...{ state, elapsed, count: 0, backlog: 0 },
  readings: new Readings(),
});

Deno.test("Terminal.show() redraws in place when the terminal becomes narrower", () => {
  const page = new FakeTerminal(true);
  using terminal = new Terminal(page);
  terminal.print("above");
  terminal.show(view("one"));
  page.narrow(20);
  terminal.show(view("two"));
  assert.deepEqual(page.lines.slice(0, 3), ["above", "", "0:00  two"]);
  assert.ok(!page.lines.includes("0:00  one"));
  assert.ok(page.lines.every((line) => line.length <= 20));
  assert.equal(page.cursorShown, false);
});

Deno.test("Terminal.print() and show() erase what the terminal has echoed when Ctrl-C is pressed", () => {
  const page = new FakeTerminal(true);
  using terminal = new Terminal(page);
  page.write("^C");
  terminal.print("one");
  terminal.show(view("two"));
  page.write("^C");
  terminal.show(view("three"));
  assert.deepEqual(page.lines.slice(0, 3), ["one", "", "0:00  three"]);
  assert.ok(!page.lines.join().includes("^C"));
});

Deno.test("Terminal uses 80 columns when the terminal does not tell its width", () => {
  const page = new FakeTerminal(true);
  page.columns = 0;
  using terminal = new Terminal(page);
  terminal.show(view("one"));
  terminal.show(view("two"));
  assert.equal(page.lines[1], "0:00  two");
});

Deno.test("Terminal.print() and show() color text when the output has colors", () => {
  const page = new FakeTerminal(true);
  page.colors = true;
  using terminal = new Terminal(page);
  terminal.print("failed\x1b[1m", "red", "[0.1 s] ");
  assert.equal(page.raw, "\r\x1b[J\x1b[2m[0.1 s] \x1b[22m\x1b[31mfailed\\u001b[1m\x1b[39m\n");
  terminal.show(view("one"));
  assert.match(page.raw, /\x1b\[1m0:00 {2}one\x1b\[22m\n/);
});

Deno.test("Terminal.print() prints above the screen when there is one", () => {
  const page = new FakeTerminal(true);
  using terminal = new Terminal(page);
  terminal.show(view("one"));
  terminal.print("news");
  terminal.show(view("two"));
  assert.deepEqual(page.lines.slice(0, 3), ["news", "", "0:00  two"]);
});

Deno.test("Terminal.finish() leaves the screen and the cursor visible", () => {
  const page = new FakeTerminal(true);
  {
    using terminal = new Terminal(page);
    terminal.show(view("one"));
    terminal.finish(view("two"));
    terminal.print("below");
  }
  assert.equal(page.lines[1], "0:00  two");
  assert.equal(page.lines.at(-2), "below");
  assert.equal(page.cursorShown, true);
});

Deno.test("Terminal.show() prints a plain line every few seconds when the output is not a terminal", () => {
  const page = new FakeTerminal(false);
  {
    using terminal = new Terminal(page);
    for (let elapsed = 0; elapsed <= 10_000; elapsed += 500) terminal.show(view("running", elapsed));
    terminal.finish(view("done", 10_500));
  }
  const times = page.raw.split("\n").map((line) => line.slice(0, 4));
  assert.deepEqual(times, ["0:00", "0:05", "0:10", "0:10", ""]);
  assert.ok(!page.raw.includes("\x1b"));
});

Deno.test("Terminal.print() escapes control characters and keeps line feeds when the text contains them", () => {
  const page = new FakeTerminal(false);
  new Terminal(page).print("one\x1b[2J\rtwo\nthree");
  assert.equal(page.raw, "one\\u001b[2J\\u000dtwo\nthree\n");
});
