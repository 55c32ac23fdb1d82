/**
 * What a user of `deno task start` sees on a terminal.
 *
 * @module
 */
import assert from "assert";
import { FIGURES, VirtualTerminal } from "../../local/virtual_terminal_fixture.ts";
import { runPython } from "../harness/python.ts";

const COLUMNS = 40;

const STOP = [["running", "\x03"], ["Press a key", "x"]];

/** Runs `terminal_program.ts` on a terminal and types keys. @returns what the terminal received */
async function run(env: Record<string, string>, keys = STOP): Promise<VirtualTerminal> {
  const program = [Deno.execPath(), "run", "-A", "--quiet", "integration/local/terminal_program.ts"];
  const { code, stdout, stderr } = await runPython(
    ["integration/local/on_terminal.py", `${COLUMNS}`, JSON.stringify(keys), ...program],
    [],
    { NO_COLOR: "", FORCE_COLOR: "", TERM: "xterm-256color", ...env },
  );
  assert.equal(code, 0, stderr + stdout);
  const page = new VirtualTerminal(COLUMNS);
  page.write(stdout.replaceAll("\r\n", "\n"));
  return page;
}

Deno.test("the terminal shows no typed keys and no ^C, and the cursor at the end", async () => {
  const page = await run({}, [["running", "\r"], ["running", "typed\r"], ...STOP]);
  const [ready, ...lines] = await page.lines();
  assert.match(ready!, /^\[ .* s\] Ready\.$/);
  assert.deepEqual(lines, [
    "",
    "0:00  stopped",
    ...FIGURES,
    "",
    "Press a key.",
    "Done.",
  ]);
  assert.ok(page.cursorShown);
  assert.ok(page.raw.includes("\x1b[32mReady.\x1b[39m"));
});

Deno.test("the terminal gets no colors when NO_COLOR is set", async () => {
  const { raw } = await run({ NO_COLOR: "1" });
  assert.ok(raw.includes("Ready.") && !raw.includes("\x1b[32m") && !raw.includes("\x1b[2m"));
});

Deno.test("the terminal gets plain lines when it cannot move the cursor", async () => {
  const { raw } = await run({ TERM: "dumb" });
  assert.ok(raw.includes("Ready.") && !raw.includes("\x1b"));
});
