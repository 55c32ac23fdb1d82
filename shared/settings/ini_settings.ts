/**
 * The settings in `host_settings.ini`: options of kafka-python in `[kafka]`, parameters of libpq (psycopg2) in `[postgresql]`.
 *
 * @module
 */
import { type Group, INI_SECTIONS, iniKeysOf, type IniSection } from "./setting.ts";
import { sentences } from "../errors.ts";
import { readProblem, type SettingProblem, unsupportedProblem } from "./error.ts";
import { Ini, IniError, parseIni } from "./ini.ts";
import { effectOf, KAFKA_PYTHON_OPTIONS } from "./kafka_python.ts";
import { LIBPQ_KEYWORDS, parameterProblem } from "./libpq.ts";
import { suggestion } from "./suggestion.ts";
import { SETTING_NAMES, type SettingName, SETTINGS } from "./table.ts";

/** The file that is read unless the environment variable `HOST_SETTINGS` names another one. It is optional. */
const INI_PATH = "res/host_settings.ini";

/** Keys of a section that are settings. */
const settingKeys = (section: IniSection): readonly string[] =>
  SETTING_NAMES.map((name) => iniKeysOf(name, SETTINGS[name]))
    .flatMap((each) => each.section === section ? each.keys : []);

/** Keys of a section that are known. */
const knownKeys = (section: IniSection): string[] => [
  ...settingKeys(section),
  ...section === "kafka" ? KAFKA_PYTHON_OPTIONS : LIBPQ_KEYWORDS,
];

/** The INI file and its problems. */
export class IniSettings {
  readonly problems: SettingProblem[] = [];
  readonly warnings: string[] = [];

  private constructor(readonly path: string, readonly ini: Ini) {}

  /** @param named the value of `HOST_SETTINGS`, a file that must exist */
  static read(named: string | undefined, readFile: (path: string) => string): IniSettings {
    const path = named || INI_PATH;
    const empty = new IniSettings(path, new Ini(new Map(), new Map()));
    try {
      const text = readFile(path);
      if (!text.includes("\uFFFD")) return new IniSettings(path, parseIni(text));
      empty.problems.push({ cause: `${path} is not UTF-8 text`, remedy: "Save it as UTF-8." });
    } catch (error) {
      if (error instanceof IniError) empty.#addIniProblem(error);
      else if (named || !(error instanceof Deno.errors.NotFound)) {
        empty.problems.push(readProblem(`Cannot read ${path} (HOST_SETTINGS)`, error, path));
      }
    }
    return empty;
  }

  /** The value of a setting; `undefined` if the file does not have it. Errors are added to the problems. */
  value(name: SettingName): string | undefined {
    const { section, keys } = iniKeysOf(name, SETTINGS[name]);
    const found = keys.flatMap((key) => {
      const value = this.#get(section, key);
      return value === undefined || value === "" ? [] : [{ key, value }];
    });
    const other = found.find(({ value }) => value !== found[0]!.value);
    if (other !== undefined) {
      this.problems.push({
        cause: `${this.path}: [${section}] ${
          found[0]!.key
        } and ${other.key} are the same setting with different values`,
        remedy: "Remove one of them.",
      });
    }
    return found[0]?.value;
  }

  /**
   * Adds problems and warnings for keys that are not settings. Only the sections of `groups` are checked, but the names of all sections.
   */
  checkOtherKeys(groups: readonly Group[]): void {
    for (const section of this.ini.sections.keys()) this.#markReferenced(section);
    for (const section of INI_SECTIONS) if (groups.includes(section)) this.#checkSection(section);
    // A key in [DEFAULT] must be known in one section only.
    for (const key of this.ini.defaults.keys()) {
      if (!INI_SECTIONS.some((section) => knownKeys(section).includes(key))) {
        this.#warnUnknown("DEFAULT", key);
      }
    }
    for (const section of this.ini.sections.keys()) {
      if ((INI_SECTIONS as readonly string[]).includes(section)) continue;
      const remedy = suggestion(section, INI_SECTIONS, (name) => `[${name}]`);
      this.warnings.push(sentences({ cause: `${this.path}: Unknown section [${section}] ignored`, remedy }));
    }
  }

  /** Reads all values, so that options that others refer to are not reported as unknown. */
  #markReferenced(section: string): void {
    for (const option of this.ini.optionsOf(section)) {
      try {
        this.ini.get(section, option);
      } catch {
        // Reported where the value is used.
      }
    }
  }

  #checkSection(section: IniSection): void {
    const own = new Set(this.ini.sections.get(section)?.keys());
    for (const key of this.ini.optionsOf(section)) {
      if (settingKeys(section).includes(key)) continue;
      const isKnown = knownKeys(section).includes(key);
      const value = isKnown ? this.#get(section, key) : undefined;
      if (value !== undefined) this.#checkUnsupported(section, key, value);
      else if (!isKnown && own.has(key)) this.#warnUnknown(section, key);
    }
  }

  /** Checks a key of kafka-python or libpq that is not a setting. */
  #checkUnsupported(section: IniSection, key: string, value: string): void {
    const place = `${this.path}: [${section}] ${key}`;
    if (section === "postgresql") {
      const problem = parameterProblem(place, key, value);
      if (problem !== undefined) this.problems.push(problem);
      return;
    }
    const effect = effectOf(key, value);
    if (effect === "none") this.warnings.push(`${place} has no effect and is ignored.`);
    else if (typeof effect === "object") {
      const shown = /password/.test(key) ? "" : `=${value}`;
      this.problems.push(unsupportedProblem(`${place}${shown}`, effect));
    }
  }

  #warnUnknown(section: IniSection | "DEFAULT", key: string): void {
    if (this.ini.referenced.has(key)) return;
    const known = section === "DEFAULT" ? INI_SECTIONS.flatMap(knownKeys) : knownKeys(section);
    const cause = `${this.path}: Unknown key [${section}] ${key} ignored`;
    this.warnings.push(sentences({ cause, remedy: suggestion(key, known) }));
  }

  #get(section: IniSection, key: string): string | undefined {
    try {
      return this.ini.get(section, key);
    } catch (error) {
      if (!(error instanceof IniError)) throw error;
      this.#addIniProblem(error);
      return undefined;
    }
  }

  #addIniProblem({ problem: { cause, remedy } }: IniError): void {
    this.problems.push({ cause: `${this.path}, ${cause}`, remedy });
  }
}
