/**
 * `deno task docs`: writes the API documentation of all modules without tests and fixtures to `docs/api`.
 *
 * @module
 */
import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const ROOT = join(import.meta.dirname!, "../..");
const FOLDERS = ["shared", "producer", "consumer", "doctor", "dashboard", "tools", "local"];
const OUTPUT = "docs/api";
const EMPTY_MODULE = "data:application/typescript,export{}";

/** Whether the file is documented: programs import `dependencies.ts` only to cache packages. */
export const isDocumented = (path: string): boolean =>
  path.endsWith(".ts") && !/(_test|_fixture|\/dependencies)\.ts$/.test(path);

/** The packages that a module's text imports: specifiers that are neither relative nor a scheme's. */
export const packagesOf = (text: string): string[] =>
  [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^".][^":]*)"/g)].map(([, specifier]) => specifier!);

/** First sentence of the module's docstring, or nothing. */
export function summaryOf(text: string): string {
  const docstring = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? "";
  const words = docstring.replaceAll(/^[ \t]*\*/gm, "").replace(/@module[\s\S]*/, "").replaceAll(/\s+/g, " ")
    .trim();
  return /^.*?[.:](?= |$)/.exec(words)?.[0].replace(/:$/, ".") ?? words;
}

/** A page that lists the modules by folder: the one of `deno doc` lists some symbols instead. */
export function indexPage(modules: ReadonlyMap<string, string>): string {
  const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const folders = Map.groupBy(modules.keys(), dirname);
  const list = [...folders].map(([folder, paths]) =>
    `<h2>${folder}</h2>\n<ul>\n${
      paths.map((path) =>
        `<li><a href="${path}/index.html">${basename(path)}</a> ${escape(modules.get(path)!)}</li>\n`
      ).join("")
    }</ul>\n`
  );
  return `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Modules</title>\n` +
    `<link rel="stylesheet" href="modules.css">\n<h1>Modules</h1>\n` +
    `<p><a href="all_symbols.html">All symbols</a></p>\n${list.join("")}</html>\n`;
}

const STYLE = "body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }\n";

async function main(): Promise<void> {
  const files = FOLDERS.flatMap((folder) =>
    globSync(`${folder}/**/*.ts`, { cwd: ROOT }).filter(isDocumented).sort()
  );
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(join(ROOT, file))));
  // `deno doc` takes references inside @types/node for packages and warns about each. The packages' types are not shown in the
  // pages, so that empty modules can replace them.
  const imports = Object.fromEntries(texts.flatMap(packagesOf).map((name) => [name, EMPTY_MODULE]));
  const importMap = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(importMap, JSON.stringify({ imports }));
    await Deno.remove(join(ROOT, OUTPUT), { recursive: true }).catch(() => {});
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "doc",
        "--no-config",
        `--import-map=${importMap}`,
        "--html",
        "--name=routes",
        `--output=${OUTPUT}`,
        ...files,
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdout: "null",
    }).output();
    const messages = new TextDecoder().decode(stderr);
    if (!success || /warning/i.test(messages)) {
      console.error(messages);
      Deno.exit(1);
    }
    await Deno.writeTextFile(join(ROOT, OUTPUT, "modules.css"), STYLE);
    const summaries = new Map(files.map((file, i) => [file, summaryOf(texts[i]!)]));
    await Deno.writeTextFile(join(ROOT, OUTPUT, "index.html"), indexPage(summaries));
    console.log(`Documented ${files.length} modules: ${OUTPUT}/index.html`);
  } finally {
    await Deno.remove(importMap);
  }
}

if (import.meta.main) await main();
