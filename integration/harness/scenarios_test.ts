import assert from "assert";
import { join } from "node:path";

Deno.test("shared_broker_a.ts and shared_broker_b.ts import every scenario file once", async () => {
  const folder = join(import.meta.dirname!, "..", "scenarios");
  const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const imported = await Promise.all(["shared_broker_a.ts", "shared_broker_b.ts"].map(async (module) => {
    const text = await Deno.readTextFile(join(folder, module));
    return [...text.matchAll(/^import "\.\/(.*)";$/gm)].map(([, name]) => name);
  }));
  assert.deepEqual(imported.flat().sort(), files.filter((name) => name.endsWith("_test.ts")).sort());
});
