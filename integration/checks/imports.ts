/**
 * Checks imports between the top-level folders: `shared` imports no service, services do not import each other, `integration` runs
 * services without importing them, and there are no import cycles.
 *
 * @module
 */
import { dirname, join, normalize, relative } from "node:path";

const FOLDERS = ["shared", "producer", "doctor", "consumer", "dashboard", "tools", "local", "integration"];
/** Other folders that a folder may import. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  producer: ["shared"],
  doctor: ["shared"],
  // `consumer doctor` runs the doctor in the consumer's image.
  consumer: ["shared", "doctor"],
  dashboard: ["shared"],
  tools: ["shared"],
  local: ["shared"],
  integration: ["shared", "local"],
};

/** Returns the relative imports in a module's text. */
export const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)["'`](\.[^"'`]+)["'`]/g)].map(([, path]) => path!);

/** Returns the forbidden imports and cycles of a graph of paths and imported paths. */
export function problemsOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const problems: string[] = [];
  const folderOf = (path: string) => path.split("/")[0]!;
  for (const [path, imports] of graph) {
    for (const imported of imports) {
      const from = folderOf(path), to = folderOf(imported);
      if (from !== to && !ALLOWED[from]?.includes(to)) {
        problems.push(`${path} imports ${imported}: ${from} may not import ${to}.`);
      }
    }
  }
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      problems.push(`Import cycle: ${[...way.slice(way.indexOf(path)), path].join(" → ")}.`);
    } else if (!done.has(path)) {
      for (const imported of graph.get(path) ?? []) visit(imported, [...way, path]);
      done.add(path);
    }
  };
  for (const path of graph.keys()) visit(path, []);
  return problems;
}

async function* modulesBelow(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory && entry.name !== "node_modules") yield* modulesBelow(path);
    else if (entry.isFile && entry.name.endsWith(".ts")) yield path;
  }
}

async function readGraph(root: string): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>();
  for (const folder of FOLDERS) {
    if (!(await Deno.stat(join(root, folder)).catch(() => undefined))) continue;
    for await (const path of modulesBelow(join(root, folder))) {
      const imports = importsOf(await Deno.readTextFile(path)).filter((name) =>
        !name.includes("${") && !name.endsWith(".json")
      );
      graph.set(
        relative(root, path),
        imports.map((name) => relative(root, normalize(join(dirname(path), name)))),
      );
    }
  }
  return graph;
}

if (import.meta.main) {
  const graph = await readGraph(join(import.meta.dirname!, "../.."));
  const problems = problemsOf(graph);
  problems.forEach((problem) => console.error(problem));
  console.log(
    `Imports of ${graph.size} modules: ${
      problems.length === 0 ? "no problems" : `${problems.length} problems`
    }.`,
  );
  Deno.exit(problems.length === 0 ? 0 : 1);
}
