/**
 * Reads settings from flags, environment variables and the INI file, and validates them. All problems are reported together.
 *
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { applyAivenVariables } from "./aiven.ts";
import { applyDatabaseUrl, checkLibpqVariables } from "./database_url.ts";
import { flagOf, type Group, type Setting } from "./setting.ts";
import { Draft } from "./draft.ts";
import { readProblem, type SettingProblem, SettingsError } from "./error.ts";
import { IniSettings } from "./ini_settings.ts";
import { suggestion } from "./suggestion.ts";
import { acceptOldNames } from "./old_names.ts";
import { namesOf, SETTING_NAMES, type SettingName, SETTINGS, type Settings } from "./table.ts";
import { boolean, isFileContent } from "./types.ts";
import { deriveSettings, validateSettings } from "./validate.ts";

/** The sources of settings. Tests replace them. */
export interface Sources {
  /** Command-line arguments without the program name. */
  readonly args: readonly string[];
  /** The value of an environment variable. */
  readonly env: (name: string) => string | undefined;
  /** The text of a file. @throws if it cannot be read */
  readonly readFile: (path: string) => string;
}

export interface Loaded {
  readonly settings: Settings;
  /** The source of each value, as in {@link Draft.origins}. */
  readonly origins: Readonly<Record<SettingName, string>>;
  /** For example unknown INI keys. */
  readonly warnings: readonly string[];
  /** Whether `--help` was given. */
  readonly help: boolean;
}

/** The arguments, environment and files of this process. */
export const PROCESS: Sources = {
  args: Deno.args,
  env: (name) => Deno.env.get(name),
  readFile: (path) => Deno.readTextFileSync(path),
};

const setting = (name: SettingName): Setting => SETTINGS[name];

/**
 * Reads and validates the settings of `groups`. Precedence: flags, environment, `host_settings.ini`, defaults. An empty value counts as not
 * set. Settings of other groups are not read and have their defaults.
 *
 * @throws {SettingsError} with every invalid setting, its value (never that of a secret) and the remedy
 * @example
 * ```ts
 * import assert from "assert";
 * const env = new Map([["PRODUCER_RATE", "50"], ["PRODUCER_USERS", "20"]]);
 * const { settings, origins } = loadSettings(["producer"], {
 *   args: ["--rate", "5"],
 *   env: (name) => env.get(name),
 *   readFile: () => {
 *     throw new Deno.errors.NotFound();
 *   },
 * });
 * assert.equal(settings.PRODUCER_RATE, 5);
 * assert.equal(settings.PRODUCER_USERS, 20);
 * assert.equal(origins.PRODUCER_RATE, "--rate");
 * ```
 */
export function loadSettings(groups: readonly Group[], given: Sources = PROCESS): Loaded {
  const names = namesOf(groups);
  const ini = IniSettings.read(given.env("HOST_SETTINGS"), given.readFile);
  const draft = new Draft(ini.path);
  const sources = acceptOldNames(given, names, (text) => draft.warnings.push(text));
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
  applyAivenVariables(draft, sources, groups);
  if (groups.includes("postgresql")) {
    applyDatabaseUrl(draft);
    checkLibpqVariables(sources.env, problems);
  }
  ini.checkOtherKeys(groups);
  problems.push(...ini.problems);
  deriveSettings(draft, groups);
  validateSettings(draft, groups);
  const settings = parseTexts(draft);
  if (problems.length > 0 && !flags.help) throw new SettingsError(problems);
  return { settings, origins, warnings: [...draft.warnings, ...ini.warnings], help: flags.help };
}

/** Parses all texts. Invalid ones are added to the problems. */
function parseTexts({ texts, origins, problems, hidden }: Draft): Settings {
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const result = setting(name).type.safeParse(texts[name]);
    if (result.success) values[name] = result.data;
    else {
      const { message } = result.error.issues[0]!;
      const value = shown(name);
      const cause = `${name} (${origins[name]}) ${message}${message.includes(value) ? "" : `: ${value}`}`;
      problems.push({ cause, remedy: "" });
    }
  }
  return values as Settings;

  /** The text of a setting for messages. The part before an `@` may be a password. */
  function shown(name: SettingName): string {
    if (setting(name).secret) return "(secret)";
    if (isFileContent(texts[name])) return "(content of a file)";
    if (hidden.has(name)) {
      return "(part of DATABASE_URL; special characters of user and password must be percent-encoded, @ as %40)";
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

function readFlags(names: readonly SettingName[], args: readonly string[], problems: SettingProblem[]) {
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

/** Describes the errors of the command line. No value is shown, because it may be a password. */
function flagProblems(config: ParseArgsConfig): SettingProblem[] {
  const { tokens } = parseArgs({ ...config, strict: false, allowNegative: false, tokens: true });
  const typeOf = (name: string) => config.options?.[name]?.type;
  const found = tokens.flatMap((token): SettingProblem[] => {
    if (token.kind === "option-terminator") return [];
    // Only the name of a long flag is shown, not that of "-secret" or "--=secret".
    if (
      token.kind === "positional" || !/^--[a-z][a-z0-9-]*$/i.test(token.rawName) && token.rawName !== "-h"
    ) {
      return [{
        cause: `Argument ${token.index + 1} is not a flag`,
        remedy: "Write values as --flag=value; `--help` lists the flags.",
      }];
    }
    const { name, rawName, value, inlineValue } = token;
    const type = typeOf(name);
    if (type === "string") {
      const missing = value === undefined || (!inlineValue && value.startsWith("-"));
      const cause = `${rawName} needs a value; write ${rawName}=-… if it starts with a dash`;
      return missing ? [{ cause, remedy: "" }] : [];
    }
    if (type === undefined && typeOf(name.replace(/^no-/, "")) !== "boolean") {
      const nearest = suggestion(name, Object.keys(config.options ?? {}), (flag) => `--${flag}`);
      return [{
        cause: `Unknown flag ${rawName}`,
        remedy: `${nearest && `${nearest} `}\`--help\` lists the flags.`,
      }];
    }
    return value === undefined ? [] : [{ cause: `${rawName} takes no value`, remedy: "" }];
  });
  // The fallback covers errors of parseArgs() that this function does not recognize.
  if (found.length === 0) {
    return [{ cause: "The command line is invalid", remedy: "`--help` lists the flags." }];
  }
  return [...new Map(found.map((problem) => [problem.cause, problem])).values()];
}

function readSecretFile(
  name: SettingName,
  sources: Sources,
  problems: SettingProblem[],
): string | undefined {
  if (!setting(name).secret) return undefined;
  const path = sources.env(`${name}_FILE`);
  if (!path) return undefined;
  try {
    const text = sources.readFile(path);
    if (!text.includes("\uFFFD")) return text.replace(/^\uFEFF/, "").replace(/\r?\n$/, "");
    problems.push({ cause: `${name}_FILE: ${path} is not UTF-8 text`, remedy: "Save it as UTF-8." });
    return undefined;
  } catch (error) {
    problems.push(readProblem(`${name}_FILE: cannot read ${path}`, error, path));
    return undefined;
  }
}
