import type { Group } from "./setting.ts";

/**
 * The setting groups that each program reads. Its permissions in `deno.json` and its variables in `compose.yaml` are generated from them.
 */
export const PROGRAMS = {
  producer: ["kafka", "topics", "streams", "producer", "http", "log", "summary"],
  consumer: ["kafka", "topics", "postgresql", "streams", "consumer", "http", "log", "summary"],
  doctor: ["kafka", "topics", "postgresql", "streams", "consumer", "http", "log", "summary"],
  rejects: ["postgresql", "streams", "rejects", "log"],
  dashboard: ["postgresql", "streams", "dashboard", "http", "log"],
} as const satisfies Record<string, readonly Group[]>;

export type Program = keyof typeof PROGRAMS;
