import assert from "assert";
import { join } from "node:path";

Deno.test("services.ts and servers.ts import every suite once when they are run for all", async () => {
  const folder = join(import.meta.dirname!, "..", "suites");
  const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const imported = await Promise.all(["services.ts", "servers.ts"].map(async (module) => {
    const text = await Deno.readTextFile(join(folder, module));
    return [...text.matchAll(/^import "\.\/(.*)";$/gm)].map(([, name]) => name);
  }));
  assert.deepEqual(imported.flat().sort(), files.filter((name) => name.endsWith("_test.ts")).sort());
});
