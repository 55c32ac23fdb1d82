import assert from "assert";
import { taskArguments } from "./service_task.ts";

Deno.test("taskArguments() returns the arguments of the last command of the task", () => {
  for (const name of ["producer", "consumer", "dashboard"] as const) {
    const args = taskArguments(name);
    assert.deepEqual([args[0], args.at(-2), args.at(-1)], ["run", `-P=${name}`, `${name}/main.ts`]);
  }
});

Deno.test("the consumer's image passes the same V8 flags as its task", async () => {
  const dockerfile = await Deno.readTextFile(new URL("../consumer/Dockerfile", import.meta.url));
  const flags = taskArguments("consumer").filter((arg) => arg.startsWith("--v8-flags="));
  assert.equal(flags.length, 1);
  assert.ok(dockerfile.includes(JSON.stringify(flags[0])));
});
