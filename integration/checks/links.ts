/**
 * Checks the links of all Markdown files: relative paths exist, and anchors are headings of the file they name. Links to other hosts
 * are not followed.
 *
 * @module
 */
import { dirname, join, relative } from "node:path";

const IGNORED = ["node_modules", ".cache", ".git", "artifacts", "docs/api"];

/** The anchor that GitHub gives a heading. */
export const anchorOf = (heading: string): string =>
  heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").trim().toLowerCase().replaceAll(
    /[^\p{L}\p{N}\s_-]/gu,
    "",
  )
    .replaceAll(" ", "-");

const withoutCode = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, "");

/** Anchors of a Markdown text; a repeated heading gets a number. */
export function anchorsOf(markdown: string): Set<string> {
  const counts = new Map<string, number>();
  for (const [, heading] of withoutCode(markdown).matchAll(/^#{1,6} +(.*)$/gm)) {
    const anchor = anchorOf(heading!);
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    if (count > 0) counts.set(`${anchor}-${count}`, 1);
  }
  return new Set(counts.keys());
}

/** Targets of the links and images of a Markdown text, without those on other hosts. */
export const linksOf = (markdown: string): string[] =>
  [...withoutCode(markdown).replaceAll(/`[^`\n]*`/g, "").matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)]
    .map(([, target]) => target!).filter((target) => !/^[a-z]+:/.test(target));

/**
 * Problems with the links of some files.
 *
 * @param files Markdown texts by path
 * @param exists Whether a path exists; paths are relative to the project's folder
 */
export function brokenLinks(files: ReadonlyMap<string, string>, exists: (path: string) => boolean): string[] {
  return [...files].flatMap(([file, markdown]) =>
    linksOf(markdown).flatMap((link) => {
      const [path, anchor] = link.split("#");
      const target = path ? join(dirname(file), decodeURIComponent(path)) : file;
      if (!exists(target)) return [`${file}: ${link}: ${target} does not exist.`];
      const text = files.get(target);
      return anchor && text !== undefined && !anchorsOf(text).has(anchor)
        ? [`${file}: ${link}: ${target} has no heading with this anchor.`]
        : [];
    })
  );
}

async function* markdownFiles(root: string, folder = root): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (IGNORED.includes(relative(root, path))) continue;
    if (isDirectory) yield* markdownFiles(root, path);
    else if (name.endsWith(".md")) yield relative(root, path);
  }
}

if (import.meta.main) {
  const root = join(import.meta.dirname!, "../..");
  const files = new Map<string, string>();
  for await (const path of markdownFiles(root)) files.set(path, await Deno.readTextFile(join(root, path)));
  const problems = brokenLinks(files, (path) => {
    try {
      Deno.statSync(join(root, path));
      return true;
    } catch {
      return false;
    }
  });
  problems.forEach((problem) => console.error(problem));
  if (problems.length > 0) Deno.exit(1);
  console.log(`The links of ${files.size} Markdown files are valid.`);
}
