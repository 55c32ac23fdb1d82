/**
 * Checks that generated parts of files agree with the code, and that documents name only existing tasks. `--write` generates them.
 *
 * @module
 */
import { join } from "node:path";
import { jsonSchemaOfFormat } from "../../shared/stream_files/file_format.ts";
import { PROJECT } from "../harness/project.ts";
import { withVariables } from "./compose_variables.ts";
import { withTables } from "./configuration.ts";
import { guarantees, readScenarioFiles } from "./guarantees.ts";
import { withPermissions } from "./permissions.ts";
import { withReference } from "./reference/page.ts";
import { stableNames, withNewNames } from "./reference/stable_names.ts";

/** For each file with generated parts: from its current text to the correct one. */
const GENERATED: Readonly<Record<string, (text: string) => string | Promise<string>>> = {
  "deno.json": withPermissions,
  "compose.yaml": withVariables,
  "docs/configuration.md": withTables,
  "res/stream.schema.json": () => `${JSON.stringify(jsonSchemaOfFormat(), null, 2)}\n`,
  "docs/reference.md": withReference,
  "integration/checks/reference/stable_names.txt": async (text) => withNewNames(text, await stableNames()),
  "docs/guarantees.md": async () => guarantees(await readScenarioFiles()),
};

/** Tasks that a text names and that do not exist. */
export function unknownTasks(text: string, tasks: readonly string[]): string[] {
  const named = [...text.matchAll(/(?:deno|deno@[\d.]+) task ([a-z][a-z:]*)/g)].map(([, task]) => task!);
  return [...new Set(named)].filter((task) => !tasks.includes(task));
}

/** Markdown without differences that `deno fmt` makes. */
const normalized = (text: string) =>
  text.replaceAll(/[ \t]*\|[ \t]*/g, "|").replaceAll(/\|-+/g, "|-").replaceAll(/\n+/g, "\n");

async function checkGenerated(write: boolean): Promise<string[]> {
  const problems: string[] = [];
  for (const [path, generate] of Object.entries(GENERATED)) {
    const file = join(PROJECT, path);
    const actual = await Deno.readTextFile(file);
    const expected = await generate(actual);
    if (normalized(actual) === normalized(expected)) continue;
    if (write) await Deno.writeTextFile(file, expected);
    else problems.push(`${path} does not agree with the code. Run: deno task generate`);
  }
  return problems;
}

async function checkTasks(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(PROJECT, "deno.json")));
  const docs = [...Deno.readDirSync(join(PROJECT, "docs"))].map(({ name }) => `docs/${name}`);
  const paths = ["README.md", "CONTRIBUTING.md", ...docs].filter((path) => path.endsWith(".md"));
  return paths.flatMap((path) =>
    unknownTasks(Deno.readTextFileSync(join(PROJECT, path)), Object.keys(tasks))
      .map((task) => `${path} names an unknown task: ${task}`)
  );
}

if (import.meta.main) {
  const problems = [...await checkGenerated(Deno.args.includes("--write")), ...await checkTasks()];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exit(1);
  console.log("Generated files and the tasks named in documents agree with the code.");
}
