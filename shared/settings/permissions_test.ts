import assert from "assert";
import type { Group } from "./declare.ts";
import { namesOf } from "./load.ts";
import { environmentOf, readableOf } from "./permissions.ts";

const config: { permissions: Record<string, unknown> } = JSON.parse(
  await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
);
/** The programs, with the modules of their rooms that are theirs alone. */
const SERVICES: Record<string, { main: string; modules: RegExp }> = {
  producer: { main: "producer/main.ts", modules: /^producer\// },
  consumer: { main: "consumer/main.ts", modules: /^consumer\/(?!rejects|list_rejects|replay)[^/]*$/ },
  rejects: { main: "consumer/rejects.ts", modules: /^consumer\/(rejects|list_rejects|replay)/ },
  dashboard: { main: "dashboard/main.ts", modules: /^dashboard\// },
};

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** The groups of settings that a program reads, as its entry point names them. */
function groupsOf(main: string): Group[] {
  const [, list] = /\bgroups: (\[[^\]]*\])/.exec(read(main)) ?? [];
  return JSON.parse(list!.replace(/,\s*\]/, "]"));
}

function modulesBelow(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, root))].flatMap(({ name, isDirectory }) =>
    isDirectory ? modulesBelow(`${folder}${name}/`) : /(?<!_test)\.ts$/.test(name) ? [`${folder}${name}`] : []
  );
}

for (const [service, { main, modules }] of Object.entries(SERVICES)) {
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
    const used = modulesBelow(main.replace(/[^/]*$/, "")).filter((path) => modules.test(path))
      .flatMap((path) => [...read(path).matchAll(/\bsettings\.([A-Z_]+)\b/g)].map(([, name]) => name!));
    assert.ok(used.length > 0);
    assert.deepEqual(used.filter((name) => !readable.includes(name)), []);
  });
}
