import assert from "assert";
import { Terminal } from "./terminal.ts";
import { Readings } from "./readings.ts";

/** A terminal of 20 characters per line that interprets escape sequences, or a plain output. */
class FakeTerminal {
  lines: string[] = [""];
  cursorShown = true;
  raw = "";

  constructor(readonly terminal: boolean) {}

  isTerminal = () => this.terminal;
  width = () => 20;

  write(text: string): void {
    this.raw += text;
    // deno-lint-ignore no-control-regex -- they are what it is about
    for (const [part, up] of text.matchAll(/\x1b\[(?:(\d+)A|\?25[lh]|J)|\n|[^\x1b\n]+/g)) {
      if (up !== undefined) this.lines.splice(this.lines.length - 1 - parseInt(up), Infinity, "");
      else if (part === "\n") this.lines.push("");
      else if (part.startsWith("\x1b[?")) this.cursorShown = part.endsWith("h");
      else if (part !== "\x1b[J") this.#type(part);
    }
  }

  #type(text: string): void {
    const [first = "", ...more] = text.match(/.{1,20}/g) ?? [];
    this.lines[this.lines.length - 1] += first;
    this.lines.push(...more);
  }
}

const view = (state: string, elapsed = 0, notes: string[] = []) => ({
  ...{ state, elapsed, notes, count: 0, backlog: 0 },
  readings: new Readings(),
});

Deno.test("Terminal.show() redraws in place when lines are wider than the terminal", () => {
  const page = new FakeTerminal(true);
  using terminal = new Terminal(page);
  terminal.print("above");
  terminal.show(view("one", 0, ["a note of 30 characters, really"]));
  const height = page.lines.length;
  terminal.show(view("two", 0, ["a note of 30 characters, really"]));
  assert.equal(page.lines.length, height);
  assert.equal(page.lines[0], "above");
  assert.ok(page.lines.includes("0:00  two") && !page.lines.includes("0:00  one"));
  assert.equal(page.cursorShown, false);
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

Deno.test("Terminal.show() prints notes once when the output is not a terminal", () => {
  const page = new FakeTerminal(false);
  using terminal = new Terminal(page);
  for (const elapsed of [0, 5_000, 10_000]) {
    terminal.show(view("running", elapsed, ["", "psql …", "Ctrl-C …"]));
  }
  const lines = page.raw.trim().split("\n");
  assert.deepEqual(lines.map((line) => line.slice(0, 6)), ["psql …", "Ctrl-C", "0:00  ", "0:05  ", "0:10  "]);
});

Deno.test("Terminal.print() escapes control characters and keeps line feeds when the text contains them", () => {
  const page = new FakeTerminal(true);
  new Terminal(page).print("one\x1b[2J\rtwo\nthree");
  assert.equal(page.raw, "one\\u001b[2J\\u000dtwo\nthree\n");
});
