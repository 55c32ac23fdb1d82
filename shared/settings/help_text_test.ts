import assert from "assert";
import { helpText } from "./help_text.ts";
import { PROGRAMS } from "./programs.ts";

for (const [program, groups] of Object.entries(PROGRAMS)) {
  Deno.test(`helpText() fits 80 columns when the program is the ${program}`, () => {
    const lines = helpText(`usage ${"word ".repeat(40)}\n\nmore`, groups).split("\n");
    assert.deepEqual(lines.filter((line) => line.length > 80 || line !== line.trimEnd()), []);
    assert.ok(lines.length > 20);
  });
}

Deno.test("helpText() lists flag, description, environment variables and default of each setting", () => {
  const text = helpText("usage", ["postgresql"], ["PGPORT"]);
  assert.match(text, /^usage\n\nPrecedence: /);
  assert.match(text, /\n\nPostgreSQL:\n {2}--database-url\n/);
  assert.match(text, /\n {2}--pguser\n {6}User name\n {6}\[PGUSER, default postgres\]\n/);
  assert.match(text, /\n {6}\[PGPASSWORD, PGPASSWORD_FILE\]\n/);
  assert.doesNotMatch(text, /PGPORT/);
});
