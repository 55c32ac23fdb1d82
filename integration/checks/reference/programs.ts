/**
 * Stable names of tasks, images, health endpoints, `compose.yaml` and JSON output, read from the files that declare them.
 *
 * @module
 */
import { join } from "node:path";
import { SETTINGS } from "../../../shared/settings/table.ts";
import { PROJECT } from "../../harness/project.ts";

/** Tasks of `deno.json` for development, which are not stable. */
const DEVELOPMENT_TASKS = /^(test|check|bench|dashboard:page|ok$|generate$|docs$)/;

const IMAGES = ["consumer", "producer", "dashboard"];

const matches = (
  text: string,
  pattern: RegExp,
): string[] => [...new Set([...text.matchAll(pattern)].map(([, found]) => found!))];

/** One fact a line. */
export async function programNames(): Promise<string[]> {
  const read = (path: string) => Deno.readTextFile(join(PROJECT, path));
  const { tasks }: { tasks: Record<string, unknown> } = JSON.parse(await read("deno.json"));
  const compose = await read("compose.yaml");
  const [, services = ""] = /^services:\n(.*?)^\S/ms.exec(compose) ?? [];
  const ports = await Promise.all(
    IMAGES.map(async (image) =>
      matches(await read(`${image}/Dockerfile`), /\b([A-Z_]*PORT=\d+)/g).map((port) =>
        `image ${image}: ${port}`
      )
    ),
  );
  return [
    ...Object.keys(tasks).filter((task) => !DEVELOPMENT_TASKS.test(task)).map((task) => `task ${task}`),
    ...ports.flat(),
    ...matches(await read("shared/observe/http.ts"), /case "(\/.*?)":/g).map((path) => `endpoint ${path}`),
    ...matches(services, /^ {2}([a-z-]+):$/gm).map((name) => `service of compose.yaml ${name}`),
    ...matches(services, /profiles: \[(.*)\]/g).map((name) => `profile of compose.yaml ${name}`),
    ...matches(compose, /\$\{([A-Z_]+)/g).filter((name) => !Object.hasOwn(SETTINGS, name))
      .map((name) => `variable of compose.yaml ${name}`),
    ...await jsonOutput(),
  ];
}

/** Members of the JSON that commands print. */
async function jsonOutput(): Promise<string[]> {
  // By path, since integration/ imports no program.
  const { formatJson } = await import(join(PROJECT, "consumer/rejects/format.ts"));
  const { reportJson } = await import(join(PROJECT, "doctor/report.ts"));
  const record = { topic: "", partition: 0, offset: "0", reason: "", detail: "", rejected_at: new Date() };
  const rejected = JSON.parse(formatJson({ ...record, headers: [[new Uint8Array(), null]] }));
  const result = {
    id: "",
    section: "",
    title: "",
    mark: "ok",
    message: "",
    remedy: "-",
    details: ["-"],
    ms: 0,
  };
  const report = JSON.parse(reportJson([result]));
  return [
    ...membersOf(rejected).map((member) => `JSON of rejects: ${member}`),
    ...membersOf(report).map((member) => `JSON of doctor: ${member}`),
  ];
}

/** Paths of the members of a value. */
function membersOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => membersOf(item, path));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap((
    [name, member],
  ) => [`${path}/${name}`, ...membersOf(member, `${path}/${name}`)]);
}
