/**
 * The programs and the setting groups that they read. Permissions in `deno.json` and variables in `compose.yaml` are generated from this list.
 *
 * @module
 */
import type { Group } from "./setting.ts";

export const PROGRAMS = {
  producer: ["kafka", "topics", "streams", "producer", "http", "log", "summary"],
  consumer: ["kafka", "topics", "postgresql", "streams", "group", "consumer", "http", "log", "summary"],
  doctor: ["kafka", "topics", "postgresql", "streams", "group", "consumer", "http", "log", "summary"],
  rejects: ["postgresql", "streams", "rejects", "log"],
  progress: ["kafka", "postgresql", "streams", "group", "consumer", "progress", "log"],
  tools: ["kafka", "streams", "tools", "log"],
  dashboard: ["kafka", "postgresql", "streams", "group", "dashboard", "http", "log"],
} as const satisfies Record<string, readonly Group[]>;

export type Program = keyof typeof PROGRAMS;
