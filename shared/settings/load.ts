/**
 * From flags, environment and INI file to validated settings, all problems reported together.
 *
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { applyDatabaseUrl, checkLibpqVariables } from "./database_url.ts";
import { flagOf, type Group, type Setting } from "./setting.ts";
import { Draft } from "./draft.ts";
import { describeReadError, SettingsError } from "./error.ts";
import { IniSettings } from "./ini_settings.ts";
import { suggestion } from "./nearest.ts";
import { namesOf, SETTING_NAMES, type SettingName, SETTINGS, type Settings } from "./table.ts";
import { boolean, isFileContent } from "./types.ts";
import { deriveSettings, validateSettings } from "./validate.ts";

/** Where settings are read from; given as functions so that tests need no process. */
export interface Sources {
  /** Command-line arguments, without the program's name. */
  readonly args: readonly string[];
  /** The value of an environment variable. */
  readonly env: (name: string) => string | undefined;
  /** The text of a file; throws where it can't be read. */
  readonly readFile: (path: string) => string;
}

/** What was read: the values, and for each setting where its value came from. */
export interface Loaded {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingName, string>>;
  /** Things worth a warning, such as INI keys that mean nothing here. */
  readonly warnings: readonly string[];
  /** `--help` was asked for. */
  readonly help: boolean;
}

/** This process' own arguments, environment and files. */
export const PROCESS: Sources = {
  args: Deno.args,
  env: (name) => Deno.env.get(name),
  readFile: (path) => Deno.readTextFileSync(path),
};

const setting = (name: SettingName): Setting => SETTINGS[name];

/**
 * Reads and validates the settings of `groups`. Precedence: flags, environment, `host_settings.ini`, defaults. An empty
 * value counts as not set. Settings of other groups keep their defaults and are not looked at.
 *
 * @throws {SettingsError} naming every setting that can't be used, with its value (never a secret's) and what is wrong.
 */
export function loadSettings(groups: readonly Group[], sources: Sources = PROCESS): Loaded {
  const names = namesOf(groups);
  const ini = IniSettings.read(sources.env("HOST_SETTINGS"), sources.readFile);
  const draft = new Draft(ini.path);
  const { texts, origins, problems } = draft;
  const flags = readFlags(names, sources.args, problems);
  for (const name of names) {
    const found = firstSet([
      [`--${flagOf(name)}`, () => flags.values[name]],
      ["environment", () => sources.env(name)],
      [`${name}_FILE`, () => readSecretFile(name, sources, problems)],
      [ini.path, () => ini.value(name)],
    ]);
    if (found) [origins[name], texts[name]] = found;
  }
  if (groups.includes("postgresql")) {
    applyDatabaseUrl(draft);
    checkLibpqVariables(sources.env, problems);
  }
  ini.checkOthers(groups);
  problems.push(...ini.problems);
  deriveSettings(draft, groups);
  validateSettings(draft, groups);
  const settings = parseTexts(draft);
  if (problems.length > 0 && !flags.help) throw new SettingsError(problems);
  return { settings, origins, warnings: [...draft.warnings, ...ini.warnings], help: flags.help };
}

/** The values of the texts. What is wrong with a text becomes one of the problems. */
function parseTexts({ texts, origins, problems, hidden }: Draft): Settings {
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const result = setting(name).type.safeParse(texts[name]);
    if (result.success) values[name] = result.data;
    else {
      const { message } = result.error.issues[0]!;
      const value = shown(name);
      problems.push(`${name} (${origins[name]}) ${message}${message.includes(value) ? "" : `: ${value}`}.`);
    }
  }
  return values as Settings;

  /** The text of a setting for messages. What is before an `@` may be a password. */
  function shown(name: SettingName): string {
    if (setting(name).secret) return "(secret)";
    if (isFileContent(texts[name])) return "(content of a file)";
    if (hidden.has(name)) {
      return "(a part of DATABASE_URL, in which special characters of user and password are percent-encoded, @ as %40)";
    }
    return JSON.stringify(texts[name].replace(/^.*@/s, "•••@"));
  }
}

type Source = readonly [origin: string, read: () => string | undefined];

function firstSet(candidates: readonly Source[]): [origin: string, text: string] | undefined {
  for (const [origin, read] of candidates) {
    const text = read();
    if (text !== undefined && text !== "") return [origin, text];
  }
  return undefined;
}

function readFlags(names: readonly SettingName[], args: readonly string[], problems: string[]) {
  const options = Object.fromEntries([
    ...names.map((name) =>
      [flagOf(name), { type: setting(name).type === boolean ? "boolean" : "string" }] as const
    ),
    ["help", { type: "boolean", short: "h" }] as const,
  ]);
  const values: Partial<Record<SettingName, string>> = {};
  const config = { args: [...args], options, strict: true, allowNegative: true } as ParseArgsConfig;
  try {
    const parsed: Record<string, unknown> = parseArgs(config).values;
    for (const name of names) {
      const value = parsed[flagOf(name)];
      if (value !== undefined) values[name] = String(value);
    }
    return { values, help: parsed["help"] === true };
  } catch {
    problems.push(...flagProblems(config));
    return { values, help: args.includes("--help") || args.includes("-h") };
  }
}

/** What is wrong with the command line. No value is shown: it may be a password, whatever flag it was meant for. */
function flagProblems(config: ParseArgsConfig): string[] {
  const { tokens } = parseArgs({ ...config, strict: false, allowNegative: false, tokens: true });
  const typeOf = (name: string) => config.options?.[name]?.type;
  const found = tokens.flatMap((token) => {
    if (token.kind === "option-terminator") return [];
    // A flag's name is shown only if it is one: "-secret" and "--=secret" are not.
    if (
      token.kind === "positional" || !/^--[a-z][a-z0-9-]*$/i.test(token.rawName) && token.rawName !== "-h"
    ) {
      return [
        `Argument ${
          token.index + 1
        } of the command line is not a flag. Write values as --flag=value; \`--help\` lists the flags.`,
      ];
    }
    const { name, rawName, value, inlineValue } = token;
    const type = typeOf(name);
    if (type === "string") {
      const missing = value === undefined || (!inlineValue && value.startsWith("-"));
      return missing ? [`${rawName} has no value. One that begins with a dash is written ${rawName}=-…`] : [];
    }
    if (type === undefined && typeOf(name.replace(/^no-/, "")) !== "boolean") {
      const nearest = suggestion(name, Object.keys(config.options ?? {}), (flag) => `--${flag}`);
      return [`Unknown flag ${rawName}.${nearest} \`--help\` lists the flags.`];
    }
    return value === undefined ? [] : [`${rawName} takes no value. Write ${rawName} or leave it out.`];
  });
  // The second is for what parseArgs() refuses and this function does not know.
  return found.length > 0
    ? [...new Set(found)]
    : ["The command line cannot be used. `--help` lists the flags."];
}

function readSecretFile(name: SettingName, sources: Sources, problems: string[]): string | undefined {
  if (!setting(name).secret) return undefined;
  const path = sources.env(`${name}_FILE`);
  if (!path) return undefined;
  try {
    const text = sources.readFile(path);
    if (!text.includes("\uFFFD")) return text.replace(/^\uFEFF/, "").replace(/\r?\n$/, "");
    problems.push(`The file ${path} named by ${name}_FILE is not text in UTF-8. Save it as UTF-8.`);
    return undefined;
  } catch (error) {
    problems.push(`Cannot read the file ${path} named by ${name}_FILE: ${describeReadError(error, path)}.`);
    return undefined;
  }
}
