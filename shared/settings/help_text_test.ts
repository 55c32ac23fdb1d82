import assert from "assert";
import { helpText } from "./help_text.ts";
import { EXAMPLES } from "./examples.ts";
import { loadSettings } from "./load.ts";
import { ALL, sources } from "./load_fixture.ts";
import { type Program, PROGRAMS } from "./programs.ts";

// The tools for streams have no settings to list.
for (const [program, groups] of Object.entries(PROGRAMS).filter(([program]) => program !== "tools")) {
  Deno.test(`helpText() fits 80 columns when the program is the ${program}`, () => {
    const lines = helpText(program, `usage ${"word ".repeat(40)}\n\nmore`, groups).split("\n");
    assert.deepEqual(lines.filter((line) => line.length > 80 || line !== line.trimEnd()), []);
    assert.ok(lines.length > 20);
  });
}

Deno.test("helpText() lists flag, description, environment variables and default of each setting", () => {
  const text = helpText("rejects", "usage", ["postgresql"], ["PGPORT"]);
  assert.match(
    text,
    /^usage\n\nExamples:\n {2}deno task rejects .*\n {6}.*\n {2}deno task rejects .*\n {6}.*\n\nPrecedence: /,
  );
  assert.match(text, /\n\nPostgreSQL:\n {2}--database-url\n/);
  assert.match(text, /\n {2}--pguser\n {6}User name\n {6}\[PGUSER, default postgres\]\n/);
  assert.match(text, /\n {6}\[PGPASSWORD, PGPASSWORD_FILE\]\n/);
  assert.doesNotMatch(text, /PGPORT/);
});

Deno.test("helpText() lists the settings of the program before those of its connections", () => {
  const text = helpText("consumer", "usage", PROGRAMS.consumer);
  const at = (flag: string) => text.indexOf(`\n  --${flag}\n`);
  assert.ok(at("group-id") > 0 && at("group-id") < at("streams"));
  assert.ok(at("streams") < at("kafka-bootstrap-servers"));
});

for (const [task, examples] of Object.entries(EXAMPLES)) {
  Deno.test(`EXAMPLES has two valid command lines when the task is ${task}`, () => {
    assert.equal(examples.length, 2);
    const groups = task in PROGRAMS ? PROGRAMS[task as Program] : ALL;
    for (const [command] of examples) {
      const [, flags] = new RegExp(`^deno task (?:--env-file=\\S+ )?${task}\\b(.*)$`).exec(command)!;
      const args = [...flags!.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
      // Parsed by the doctor itself.
      const given = sources({ args: args.filter((arg) => arg !== "--json") });
      assert.doesNotThrow(() => loadSettings(groups, given), command);
    }
  });
}
