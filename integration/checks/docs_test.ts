import assert from "assert";
import { unknownTasks, withSettings } from "./docs.ts";

Deno.test("unknownTasks() names a task when the README has it and deno.json has not", () => {
  const readme = "`npx -y deno@2.9.6 task start`, `deno task test:unit`, `deno task fly`";
  assert.deepEqual(unknownTasks(readme, ["start", "test:unit"]), ["fly"]);
});

Deno.test("withSettings() throws when a mark is missing", () => {
  assert.throws(() => withSettings("no marks", "tables"), /lacks the marks/);
});
