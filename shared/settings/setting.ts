/**
 * The declaration of one setting, and the names derived from it.
 *
 * @module
 */
import type { z } from "zod";

/** Setting groups, in the order of `--help`. A program declares the groups it reads. */
export const GROUPS = {
  kafka: "Kafka",
  topics: "Topic creation",
  postgresql: "PostgreSQL",
  streams: "Streams",
  producer: "Producer",
  group: "Consumer group",
  consumer: "Consumer",
  rejects: "Rejected records",
  progress: "Progress",
  dashboard: "Dashboard",
  tools: "Stream tools",
  start: "Start",
  http: "Health checks and metrics",
  log: "Logging",
  summary: "Summary logging",
} as const;

export type Group = keyof typeof GROUPS;

/** A setting as declared in `table/`. */
export interface Setting<T = unknown> {
  readonly group: Group;
  /** Parses and validates the text. Its error message completes the sentence "NAME …". */
  readonly type: z.ZodType<T, string>;
  /** The text used if the setting is not set; empty: none. */
  readonly default: string;
  /** One line for `--help` and `docs/configuration.md`. */
  readonly help: string;
  /** The value is never printed, and can be read from the file named by `NAME_FILE`. */
  readonly secret?: true;
  /** The name in earlier versions. It is still accepted, with a warning. */
  readonly oldName?: string;
  /** Its keys in `host_settings.ini`, which are synonyms. `true`: the name in lower case without its prefix. */
  readonly ini?: true | readonly string[];
}

/** The name on the command line, without `--`. */
export const flagOf = (name: string): string =>
  name.replace(/^(PRODUCER|CONSUMER|REJECTS|PROGRESS|TOOLS|START)_/, "").toLowerCase().replaceAll("_", "-");

/** Sections of `host_settings.ini`: the options of kafka-python, and the parameters of libpq. */
export const INI_SECTIONS = ["kafka", "postgresql"] as const;
export type IniSection = (typeof INI_SECTIONS)[number];

/** Where `host_settings.ini` has a setting; no keys: nowhere. */
export function iniKeysOf(
  name: string,
  { group, ini = [] }: Setting,
): { readonly section: IniSection; readonly keys: readonly string[] } {
  return {
    section: group === "postgresql" ? "postgresql" : "kafka",
    keys: ini === true ? [name.replace(/^(KAFKA_|PRODUCER_|CONSUMER_|PG)/, "").toLowerCase()] : ini,
  };
}
