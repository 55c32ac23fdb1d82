import assert from "assert";
import { Readings } from "./readings.ts";
import { Terminal } from "./terminal.ts";
import { FIGURES, VirtualTerminal } from "./virtual_terminal_fixture.ts";

const view = (state: string, elapsed = 0) => ({
  ...{ state, elapsed, count: 0, backlog: 0 },
  readings: new Readings(),
});

Deno.test("Terminal.show() redraws in place, below what was printed", async () => {
  const page = new VirtualTerminal();
  using terminal = new Terminal(page);
  terminal.show(view("one"));
  terminal.print("news");
  terminal.show(view("two"));
  terminal.show(view("three"));
  assert.deepEqual(await page.lines(), ["news", "", "0:00  three", ...FIGURES]);
  assert.equal(page.cursorShown, false);
});

Deno.test("Terminal.show() erases the last screen completely when the terminal is resized", async () => {
  const page = new VirtualTerminal();
  using terminal = new Terminal(page);
  terminal.print("above");
  for (const columns of [20, 7, 120, 40]) {
    terminal.show(view(`in ${page.width()}`));
    page.resize(columns);
  }
  terminal.show(view("at last"));
  assert.deepEqual(await page.lines(), ["above", "", "0:00  at last", ...FIGURES]);
});

Deno.test("Terminal.print() and show() erase what the terminal has echoed when Ctrl-C is pressed", async () => {
  const page = new VirtualTerminal();
  using terminal = new Terminal(page);
  page.write("^C");
  terminal.print("one");
  terminal.show(view("two"));
  page.write("^C");
  terminal.show(view("three"));
  page.write("^C");
  terminal.finish(view("four"));
  assert.deepEqual(await page.lines(), ["one", "", "0:00  four", ...FIGURES]);
});

Deno.test("Terminal.finish() leaves the screen and the cursor visible", async () => {
  const page = new VirtualTerminal();
  {
    using terminal = new Terminal(page);
    terminal.show(view("one"));
    terminal.finish(view("two"));
    terminal.print("below");
  }
  assert.deepEqual(await page.lines(), ["", "0:00  two", ...FIGURES, "", "below"]);
  assert.equal(page.cursorShown, true);
});

Deno.test("Terminal uses 80 columns when the terminal does not tell its width", async () => {
  const page = new VirtualTerminal();
  using terminal = new Terminal(Object.assign(page, { width: () => 0 }));
  terminal.show(view("one"));
  terminal.show(view("two"));
  assert.deepEqual(await page.lines(), ["", "0:00  two", ...FIGURES]);
});

Deno.test("Terminal.print() and show() color text when the output has colors", () => {
  const page = new VirtualTerminal();
  page.colors = true;
  using terminal = new Terminal(page);
  terminal.print("failed\x1b[1m", "red", "[0.1 s] ");
  assert.equal(page.raw, "\r\x1b[J\x1b[2m[0.1 s] \x1b[22m\x1b[31mfailed\\u001b[1m\x1b[39m\n");
  terminal.show(view("one"));
  assert.ok(page.raw.includes("\x1b[1m0:00  one\x1b[22m\n"));
});

/** An output that is not a terminal. */
function plainOutput() {
  const output = { raw: "", write: (text: string) => void (output.raw += text), ...NOTHING };
  return output;
}

const NOTHING = { isTerminal: () => false, width: () => 0, hasColors: () => false };

Deno.test("Terminal.show() prints a plain line every few seconds when the output is not a terminal", () => {
  const output = plainOutput();
  {
    using terminal = new Terminal(output);
    for (let elapsed = 0; elapsed <= 10_000; elapsed += 500) terminal.show(view("running", elapsed));
    terminal.finish(view("done", 10_500));
  }
  const times = output.raw.split("\n").map((line) => line.slice(0, 4));
  assert.deepEqual(times, ["0:00", "0:05", "0:10", "0:10", ""]);
  assert.ok(!output.raw.includes("\x1b"));
});

Deno.test("Terminal.print() escapes control characters and keeps line feeds when the text contains them", () => {
  const output = plainOutput();
  new Terminal(output).print("one\x1b[2J\rtwo\nthree");
  assert.equal(output.raw, "one\\u001b[2J\\u000dtwo\nthree\n");
});
