/**
 * Generates the permission sets in `deno.json` from the settings that each program reads.
 *
 * @module
 */
import { AIVEN_VARIABLES } from "../../shared/settings/aiven.ts";
import { LIBPQ_VARIABLES, PG_VARIABLES } from "../../shared/settings/libpq.ts";
import { PROGRAMS } from "../../shared/settings/programs.ts";
import type { Group, Setting } from "../../shared/settings/setting.ts";
import { namesOf, SETTINGS } from "../../shared/settings/table.ts";

/** Environment variables that kafkajs reads when it is imported; pg reads PGBINARY. */
const KAFKAJS_VARIABLES = [
  "KAFKAJS_DEBUG_EXTENDED_PROTOCOL_BUFFERS",
  "KAFKAJS_DEBUG_PROTOCOL_BUFFERS",
  "KAFKAJS_LOG_LEVEL",
  "NODE_ENV",
];

/** Settings files, certificates and stream files; secrets mounted by Docker; the list of streams in TypeScript. */
const READABLE = ["./res", "/run/secrets", "./shared/streams"];

/** Environment variables of the settings of some groups, old names included, in the order of the table. */
export const variablesOf = (groups: readonly Group[]): string[] =>
  namesOf(groups).flatMap((name) => {
    const { secret, oldName }: Setting = SETTINGS[name];
    return [name, ...secret ? [`${name}_FILE`] : [], ...oldName === undefined ? [] : [oldName]];
  });

/** `deno.json` with the generated permission sets. */
export function withPermissions(config: string): string {
  const sets = Object.fromEntries(
    Object.entries(PROGRAMS).map(([program, groups]) => [program, {
      env: environmentOf(groups),
      net: true,
      read: program === "dashboard" ? [...READABLE, "./dashboard/dist"] : READABLE,
      // stream:infer writes stream files.
      ...program === "tools" ? { write: ["./res/streams"] } : {},
    }]),
  );
  const block = /(?<=^ {2}"permissions": )\{.*?^ {2}\}/ms;
  if (!block.test(config)) throw new Error('deno.json has no block "permissions"');
  return config.replace(block, () => JSON.stringify(sets, null, 2).replaceAll("\n", "\n  "));
}

function environmentOf(groups: readonly Group[]): string[] {
  const others = [
    ...groups.flatMap((group) => AIVEN_VARIABLES[group] ?? []),
    ...groups.includes("kafka") ? KAFKAJS_VARIABLES : [],
    ...groups.includes("postgresql")
      ? ["PGBINARY", ...Object.keys({ ...LIBPQ_VARIABLES, ...PG_VARIABLES })]
      : [],
  ];
  return [...new Set(["HOST_SETTINGS", ...variablesOf(groups), ...others])].sort();
}
