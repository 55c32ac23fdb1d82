import assert from "assert";
import { globSync } from "node:fs";
import { join } from "node:path";
import { type Program, PROGRAMS } from "../../shared/settings/programs.ts";
import { namesOf } from "../../shared/settings/table.ts";
import { PROJECT } from "../harness/project.ts";
import { withPermissions } from "./permissions.ts";

/** A folder of one program may contain the folder of another. */
const FOLDERS: Readonly<Record<Program, string>> = {
  producer: "producer",
  consumer: "consumer",
  doctor: "doctor",
  rejects: "consumer/rejects",
  progress: "consumer/progress",
  dashboard: "dashboard",
  tools: "tools",
};

/** The modules of a program, without tests. */
function modulesOf(folder: string): string[] {
  const others = Object.values(FOLDERS).filter((other) => other.startsWith(`${folder}/`));
  return globSync(`${folder}/**/*.ts`, { cwd: PROJECT }).filter((path) =>
    !path.endsWith("_test.ts") && !others.some((other) => path.startsWith(`${other}/`))
  );
}

for (const [program, groups] of Object.entries(PROGRAMS)) {
  // A setting of another group always has its default.
  Deno.test(`PROGRAMS has every group of settings that the code of the ${program} uses`, () => {
    const readable: readonly string[] = namesOf(groups);
    const used = modulesOf(FOLDERS[program as Program]).flatMap((path) => {
      const text = Deno.readTextFileSync(join(PROJECT, path));
      return [...text.matchAll(/\bsettings\.([A-Z_]+)\b/g)].map(([, name]) => name!);
    });
    assert.ok(used.length > 0);
    assert.deepEqual(used.filter((name) => !readable.includes(name)), []);
  });
}

Deno.test("withPermissions() replaces only the block of permissions", () => {
  const config = '{\n  "tasks": {},\n  "permissions": {\n    "old": {}\n  },\n  "fmt": {}\n}\n';
  const { tasks, permissions, fmt } = JSON.parse(withPermissions(config));
  assert.deepEqual([tasks, fmt, Object.keys(permissions)], [{}, {}, Object.keys(PROGRAMS)]);
  assert.ok(permissions.rejects.env.includes("PGPASSWORD_FILE"));
  assert.ok(!permissions.producer.env.includes("PGPASSWORD"));
  assert.throws(() => withPermissions("{}"), /has no block "permissions"/);
});
