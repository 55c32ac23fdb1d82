import assert from "assert";
import { join } from "node:path";

Deno.test("all.ts imports every suite when it is run for them", async () => {
  const folder = join(import.meta.dirname!, "..", "suites");
  const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const imported = [...(await Deno.readTextFile(join(folder, "all.ts"))).matchAll(/^import "\.\/(.*)";$/gm)];
  assert.deepEqual(
    imported.map(([, name]) => name).sort(),
    files.filter((name) => name.endsWith("_test.ts")).sort(),
  );
});
