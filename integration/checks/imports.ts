/**
 * Holds the rooms apart: `shared` imports no service, services never import each other, `integration` runs services and never
 * imports their insides, and no import goes in a circle.
 *
 * @module
 */
import { dirname, join, normalize, relative } from "node:path";

const ROOMS = ["shared", "producer", "doctor", "consumer", "dashboard", "local", "integration"];
/** Which rooms a room may import, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  producer: ["shared"],
  doctor: ["shared"],
  // `consumer doctor` runs the doctor in the consumer's image.
  consumer: ["shared", "doctor"],
  dashboard: ["shared"],
  local: ["shared"],
  integration: ["shared", "local"],
};

/** Imports of a module's text that name files. */
export const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)["'`](\.[^"'`]+)["'`]/g)].map(([, path]) => path!);

/** Says what is wrong with imports between files, given as path and imported paths. */
export function problemsOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const problems: string[] = [];
  const room = (path: string) => path.split("/")[0]!;
  for (const [path, imports] of graph) {
    for (const imported of imports) {
      const from = room(path), to = room(imported);
      if (from !== to && !ALLOWED[from]?.includes(to)) {
        problems.push(`${path} imports ${imported}: ${from} may not import ${to}.`);
      }
    }
  }
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      problems.push(`Imports go in a circle: ${[...way.slice(way.indexOf(path)), path].join(" → ")}.`);
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
  for (const room of ROOMS) {
    if (!(await Deno.stat(join(root, room)).catch(() => undefined))) continue;
    for await (const path of modulesBelow(join(root, room))) {
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
      problems.length === 0 ? "as they should be" : `${problems.length} problems`
    }.`,
  );
  Deno.exit(problems.length === 0 ? 0 : 1);
}
