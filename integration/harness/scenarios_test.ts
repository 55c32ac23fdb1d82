import assert from "assert";
import { join } from "node:path";

Deno.test("the shared_broker modules import every scenario file once", async () => {
  const folder = join(import.meta.dirname!, "..", "scenarios");
  const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const modules = files.filter((name) => name.startsWith("shared_broker_"));
  const imported = await Promise.all(modules.map(async (module) => {
    const text = await Deno.readTextFile(join(folder, module));
    return [...text.matchAll(/^import "\.\/(.*)";$/gm)].map(([, name]) => name);
  }));
  assert.deepEqual(imported.flat().sort(), files.filter((name) => name.endsWith("_test.ts")).sort());
});
