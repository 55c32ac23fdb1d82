import assert from "assert";
import { taskArguments } from "./service_task.ts";

Deno.test("taskArguments() are those of the program, behind what its task does first", () => {
  for (const name of ["producer", "consumer", "dashboard"] as const) {
    const args = taskArguments(name);
    assert.deepEqual([args[0], args.at(-2), args.at(-1)], ["run", `-P=${name}`, `${name}/main.ts`]);
  }
});

Deno.test("the consumer's image gives V8 the flags that its task gives it", async () => {
  const dockerfile = await Deno.readTextFile(new URL("../consumer/Dockerfile", import.meta.url));
  const flags = taskArguments("consumer").filter((arg) => arg.startsWith("--v8-flags="));
  assert.equal(flags.length, 1);
  assert.ok(dockerfile.includes(JSON.stringify(flags[0])));
});
