/**
 * The table of all settings. Everything else that needs their names is generated from it and checked: permissions in `deno.json`, variables in
 * `compose.yaml`, and `docs/configuration.md`.
 *
 * @module
 */
import type { z } from "zod";
import type { Group, Setting } from "./setting.ts";
import { CONSUMER } from "./table/consumer.ts";
import { DASHBOARD } from "./table/dashboard.ts";
import { KAFKA } from "./table/kafka.ts";
import { OBSERVE } from "./table/observe.ts";
import { POSTGRESQL } from "./table/postgresql.ts";
import { PRODUCER } from "./table/producer.ts";
import { PROGRESS } from "./table/progress.ts";
import { REJECTS } from "./table/rejects.ts";
import { START } from "./table/start.ts";
import { TOOLS } from "./table/tools.ts";

/** By name, which is also the environment variable. */
export const SETTINGS = {
  ...KAFKA,
  ...POSTGRESQL,
  ...PRODUCER,
  ...CONSUMER,
  ...REJECTS,
  ...PROGRESS,
  ...TOOLS,
  ...DASHBOARD,
  ...START,
  ...OBSERVE,
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** The validated values by name. */
export type Settings = { readonly [N in SettingName]: z.output<(typeof SETTINGS)[N]["type"]> };

/** All names in the order of the table. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** Names of the settings of some groups, in the order of the table. */
export const namesOf = (groups: readonly Group[]): SettingName[] =>
  SETTING_NAMES.filter((name) => groups.includes(SETTINGS[name].group));
