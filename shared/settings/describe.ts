/**
 * The settings as text: `--help` and the README's table.
 *
 * @module
 */
import type { Group, Setting } from "./declare.ts";
import { namesOf } from "./load.ts";
import { type SettingName, SETTINGS } from "./table.ts";

const GROUPS: Readonly<Record<Group, string>> = {
  kafka: "Kafka",
  topics: "Topics that have to be created",
  postgresql: "PostgreSQL",
  streams: "Streams",
  producer: "Producer",
  consumer: "Consumer",
  rejects: "Rejected records (`deno task rejects`)",
  dashboard: "Dashboard",
  http: "Health and metrics",
  log: "Logs",
  summary: "Summary lines of producer and consumer",
};

/**
 * The text of `--help`: every setting of `groups` with its flag, environment name, default and meaning.
 *
 * @param without settings that are left out
 */
export function helpText(
  usage: string,
  groups: readonly Group[],
  without: readonly SettingName[] = [],
): string {
  const sections = groups.map((group) => {
    const lines = namesOf([group]).filter((name) => !without.includes(name)).map((name) => {
      const { flag, help, secret, default: fallback }: Setting = SETTINGS[name];
      const notes = [name, secret && `${name}_FILE`, fallback && `default ${fallback}`].filter(Boolean).join(
        ", ",
      );
      return `  --${flag.padEnd(31)} ${help}\n${" ".repeat(36)}[${notes}]`;
    });
    return `${GROUPS[group]}:\n${lines.join("\n")}`;
  });
  return [
    usage,
    "Precedence: flags, environment, res/host_settings.ini (or the file that HOST_SETTINGS names), defaults.",
    ...sections,
  ].join("\n\n");
}

/** The settings as Markdown, a table for each group. */
export function markdownTables(): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  return (Object.keys(GROUPS) as Group[]).map((group) => {
    const rows = namesOf([group]).map((name) => {
      const { flag, help, secret, default: fallback, ini }: Setting = SETTINGS[name];
      const key = ini ? `\`[${ini[0]}] ${ini.slice(1).join("` or `")}\`` : "";
      const names = secret ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``;
      return `| ${names} | \`--${flag}\` | ${key} | ${fallback ? `\`${fallback}\`` : ""} | ${cell(help)} |`;
    });
    return [
      `### ${GROUPS[group]}`,
      "",
      "| environment | flag | INI file | default | meaning |",
      "| --- | --- | --- | --- | --- |",
      ...rows,
    ].join("\n");
  }).join("\n\n");
}
