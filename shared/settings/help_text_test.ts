import assert from "assert";
import type { Group } from "./setting.ts";
import { helpText } from "./help_text.ts";
import { EXAMPLES, type Task } from "./examples.ts";
import { loadSettings } from "./load.ts";
import { ALL, sources } from "./load_fixture.ts";
import { type Program, PROGRAMS } from "./programs.ts";

const groupsOf = (task: string): readonly Group[] =>
  task.startsWith("stream:") ? PROGRAMS.tools : task in PROGRAMS ? PROGRAMS[task as Program] : ALL;

for (const task of Object.keys(EXAMPLES) as Task[]) {
  Deno.test(`helpText() fits 80 columns when the task is ${task}`, () => {
    const lines = helpText(task, `usage ${"word ".repeat(40)}\n\nmore`, groupsOf(task)).split("\n");
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
    for (const [command] of examples) {
      const [, flags] = new RegExp(`^deno task (?:--env-file=\\S+ )?${task}\\b(.*)$`).exec(command)!;
      const args = [...flags!.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
      // Not settings: --json of the doctor, and the operands of the tools.
      const others = ["--json", "orders", "res/streams/orders.json"];
      const given = sources({ args: args.filter((arg) => !others.includes(arg)) });
      assert.doesNotThrow(() => loadSettings(groupsOf(task), given), command);
    }
  });
}
