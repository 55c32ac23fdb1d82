/**
 * Loads settings from the sources given by a test.
 *
 * @module
 */
import type { Group } from "./setting.ts";
import { SettingsError } from "./error.ts";
import { type Loaded, loadSettings, type Sources } from "./load.ts";

export const ALL: readonly Group[] = [
  "kafka",
  "topics",
  "postgresql",
  "streams",
  "producer",
  "group",
  "consumer",
  "http",
  "log",
  "summary",
];

/** Sources of settings; missing ones are empty. */
export interface Given {
  args?: string[];
  env?: Record<string, string>;
  files?: Record<string, string>;
}

export const sources = ({ args = [], env = {}, files = {} }: Given): Sources => ({
  args,
  env: (name) => env[name],
  readFile: (path) => {
    if (files[path] === undefined) throw new Deno.errors.NotFound(path);
    return files[path];
  },
});

export const load = (given: Given): Loaded => loadSettings(ALL, sources(given));

/** The texts of the problems of the settings; empty if they are valid. */
export const problemsOf = (given: Given): readonly string[] => {
  try {
    load(given);
  } catch (error) {
    if (error instanceof SettingsError) return error.texts;
    throw error;
  }
  return [];
};
