/**
 * What a service may do, as `deno.json` grants it: the permission sets there are checked against this.
 *
 * @module
 */
import type { Group, Setting } from "./declare.ts";
import { LIBPQ_VARIABLES } from "./libpq.ts";
import { namesOf } from "./load.ts";
import { SETTINGS } from "./table.ts";

/** Variables that the libraries read when they are loaded. */
const LIBRARIES = {
  kafkajs: [
    "KAFKAJS_DEBUG_EXTENDED_PROTOCOL_BUFFERS",
    "KAFKAJS_DEBUG_PROTOCOL_BUFFERS",
    "KAFKAJS_LOG_LEVEL",
    "NODE_ENV",
  ],
  pg: ["PGBINARY", "PGCLIENT_ENCODING", "PGREPLICATION"],
} as const;

/** Folders whose files a service may read: the settings' files and certificates, and what Docker mounts as secrets. */
export const READABLE = ["./res", "/run/secrets"] as const;

/** The environment variables that a service of these settings may read, sorted. */
export function environmentOf(groups: readonly Group[]): string[] {
  const names = namesOf(groups).flatMap((name) => {
    const { secret }: Setting = SETTINGS[name];
    return secret ? [name, `${name}_FILE`] : [name];
  });
  const libraries = [
    ...(groups.includes("kafka") ? LIBRARIES.kafkajs : []),
    ...(groups.includes("postgresql") ? [...LIBRARIES.pg, ...Object.keys(LIBPQ_VARIABLES)] : []),
  ];
  return [...new Set([...names, ...libraries, "HOST_SETTINGS"])].sort();
}

/** Folders that a service may read: the {@link READABLE} ones, and its own. */
export const readableOf = (service: string): string[] =>
  service === "dashboard" ? [...READABLE, "./dashboard/dist"] : [...READABLE];
