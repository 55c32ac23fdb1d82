import { dirname } from "node:path";
import { namesOf, type SettingName } from "../shared/settings/table.ts";

/** Settings besides connections that a program must share with the running pipeline. */
const SHARED: readonly SettingName[] = [...namesOf(["topics", "streams"]), "CONSUMER_GROUP_ID"];

/**
 * The text of an env file with which other programs connect to the servers of the pipeline.
 *
 * @param connection how to connect to the servers
 * @param flags settings that were given to `deno task start`
 */
export function envFileText(
  connection: Record<string, string>,
  flags: Record<string, string>,
  dashboardUrl: string,
): string {
  const shared = Object.entries(flags).filter(([name]) => SHARED.some((one) => one === name));
  return [
    "# Written by deno task start. Its ports are kept for the next start.",
    `# Dashboard: ${dashboardUrl}`,
    ...Object.entries({ ...connection, ...Object.fromEntries(shared) })
      .map(([name, value]) => `${name}=${quoted(value)}`),
    "",
  ].join("\n");
}

/** Writes an env file that only the current user can read, since it has a password. */
export function writeEnvFile(path: string, text: string): void {
  const file = Deno.makeTempFileSync({ dir: dirname(path), prefix: "start-", suffix: ".env" });
  Deno.writeTextFileSync(file, text);
  Deno.renameSync(file, path);
}

/** A word for a shell or an env file. Deno expands no variables in single quotes, and has no escapes in them. */
export function quoted(text: string): string {
  if (/^[\w.,:/@%+=-]+$/.test(text)) return text;
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}
