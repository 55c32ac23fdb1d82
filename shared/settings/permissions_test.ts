import assert from "assert";
import type { Group } from "./declare.ts";
import { namesOf } from "./load.ts";
import { environmentOf, readableOf } from "./permissions.ts";

const config: { permissions: Record<string, unknown> } = JSON.parse(
  await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
);
/** The folders of the programs; a folder of one may contain the folder of another. */
const FOLDERS: Readonly<Record<string, string>> = {
  producer: "producer/",
  consumer: "consumer/",
  rejects: "consumer/rejects/",
  dashboard: "dashboard/",
};

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** The groups of settings that a program reads, as its entry point names them. */
function groupsOf(main: string): Group[] {
  const [, list] = /\bgroups: (\[[^\]]*\])/.exec(read(main)) ?? [];
  return JSON.parse(list!.replace(/,\s*\]/, "]"));
}

/** The modules of a program, without tests. */
function modulesOf(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, root))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}${name}`;
    if (isDirectory) return Object.values(FOLDERS).includes(`${path}/`) ? [] : modulesOf(`${path}/`);
    return name.endsWith(".ts") && !name.endsWith("_test.ts") ? [path] : [];
  });
}

for (const [service, folder] of Object.entries(FOLDERS)) {
  const main = `${folder}main.ts`;
  Deno.test(`deno.json grants the ${service} what its settings need and nothing else`, () => {
    assert.deepEqual(config.permissions[service], {
      env: environmentOf(groupsOf(main)),
      net: true,
      read: readableOf(service),
    });
  });

  // A setting of another group is always at its default.
  Deno.test(`the ${service} reads every setting that its code uses`, () => {
    const readable: string[] = namesOf(groupsOf(main));
    const used = modulesOf(folder)
      .flatMap((path) => [...read(path).matchAll(/\bsettings\.([A-Z_]+)\b/g)].map(([, name]) => name!));
    assert.ok(used.length > 0);
    assert.deepEqual(used.filter((name) => !readable.includes(name)), []);
  });
}
