import assert from "assert";
import { globSync } from "node:fs";
import { join } from "node:path";

const PROJECT = join(import.meta.dirname!, "..");

/** The packages that a file imports, except for types. */
function packages(path: string): string[] {
  const text = Deno.readTextFileSync(path);
  return [...text.matchAll(/^(?:import|export) (?!type\b)(?:[^"';]*? from )?"([^"]+)";/gm)]
    .map(([, name]) => name!)
    .filter((name) => !/^(\.|node:|assert$)/.test(name))
    .map((name) => name.match(/^(@[^/]+\/)?[^/]+/)![0]);
}

Deno.test("dependencies.ts imports what the services import, and nothing else", () => {
  const sources = globSync("{shared,producer,consumer,doctor}/**/*.ts", { cwd: PROJECT })
    .filter((path) => /(?<!_test|_fixture|\/dependencies)\.ts$/.test(path));
  const used = new Set(sources.map((path) => join(PROJECT, path)).flatMap(packages));
  assert(used.size > 0);
  assert.deepEqual(packages(join(PROJECT, "shared/dependencies.ts")).sort(), [...used].sort());
});
