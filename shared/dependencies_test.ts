import assert from "assert";
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

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (/(?<!_test|_fixture|^dependencies)\.ts$/.test(name)) yield path;
  }
}

Deno.test("dependencies.ts imports what the services import, and nothing else", () => {
  const folders = ["shared", "producer", "consumer", "doctor"].map((folder) => join(PROJECT, folder));
  const used = new Set(folders.flatMap((folder) => [...sources(folder)]).flatMap(packages));
  assert(used.size > 0);
  assert.deepEqual(packages(join(PROJECT, "shared/dependencies.ts")).sort(), [...used].sort());
});
