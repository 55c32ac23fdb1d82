/**
 * The settings in `host_settings.ini`: keys of kafka-python in `[kafka]`, keys of libpq (psycopg2) in `[postgresql]`.
 *
 * @module
 */
import { type Group, INI_SECTIONS, iniKeysOf, type IniSection } from "./setting.ts";
import { describeReadError } from "./error.ts";
import { Ini, IniError, parseIni } from "./ini.ts";
import { KAFKA_PYTHON_OPTIONS, meaningOf } from "./kafka_python.ts";
import { LIBPQ_KEYWORDS, refusalOf } from "./libpq.ts";
import { suggestion } from "./nearest.ts";
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

/** An INI file, and what is wrong with it. */
export class IniSettings {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];

  private constructor(readonly path: string, readonly ini: Ini) {}

  /** Reads the file that `HOST_SETTINGS` names, or the usual one, which may be missing. */
  static read(named: string | undefined, readFile: (path: string) => string): IniSettings {
    const path = named || INI_PATH;
    let problem: string;
    try {
      const text = readFile(path);
      if (!text.includes("\uFFFD")) return new IniSettings(path, parseIni(text));
      problem = `${path} is not text in UTF-8. Save it as UTF-8.`;
    } catch (error) {
      problem = error instanceof IniError
        ? `${path}, ${error.message}`
        : `Cannot read ${path} (HOST_SETTINGS): ${describeReadError(error, path)}.`;
      // The file is optional, unless somebody asked for it by name.
      if (!named && error instanceof Deno.errors.NotFound) problem = "";
    }
    const nothing = new IniSettings(path, new Ini(new Map(), new Map()));
    if (problem !== "") nothing.problems.push(problem);
    return nothing;
  }

  /** The value of a setting; `undefined`: the file does not have it. What is wrong with it becomes one of the problems. */
  value(name: SettingName): string | undefined {
    const { section, keys } = iniKeysOf(name, SETTINGS[name]);
    const found = keys.flatMap((key) => {
      const value = this.#get(section, key);
      return value === undefined || value === "" ? [] : [{ key, value }];
    });
    const other = found.find(({ value }) => value !== found[0]!.value);
    if (other !== undefined) {
      this.problems.push(
        `${this.path}: [${section}] ${
          found[0]!.key
        } and ${other.key} are the same setting with different values. Remove one of them.`,
      );
    }
    return found[0]?.value;
  }

  /**
   * Adds to problems and warnings what is in the file and no setting. Sections whose settings are not read are not checked, except for
   * their names.
   */
  checkOthers(groups: readonly Group[]): void {
    for (const section of this.ini.sections.keys()) this.#findReferences(section);
    for (const section of INI_SECTIONS) if (groups.includes(section)) this.#checkSection(section);
    // An option of [DEFAULT] is there for every section, and need not have a meaning in each.
    for (const key of this.ini.defaults.keys()) {
      if (!INI_SECTIONS.some((section) => knownKeys(section).includes(key))) this.#unknown("DEFAULT", key);
    }
    for (const section of this.ini.sections.keys()) {
      if ((INI_SECTIONS as readonly string[]).includes(section)) continue;
      const nearest = suggestion(section, INI_SECTIONS, (name) => `[${name}]`);
      this.warnings.push(
        `${this.path}: the section [${section}] is not one of this program's and is ignored.${nearest}`,
      );
    }
  }

  /** An option that others refer to has its use, whatever its name. */
  #findReferences(section: string): void {
    for (const option of this.ini.optionsOf(section)) {
      try {
        this.ini.get(section, option);
      } catch {
        // It is reported if the program reads it.
      }
    }
  }

  #checkSection(section: IniSection): void {
    const own = new Set(this.ini.sections.get(section)?.keys());
    for (const key of this.ini.optionsOf(section)) {
      if (settingKeys(section).includes(key)) continue;
      const isKnown = knownKeys(section).includes(key);
      const value = isKnown ? this.#get(section, key) : undefined;
      if (value !== undefined) this.#limited(section, key, value);
      else if (!isKnown && own.has(key)) this.#unknown(section, key);
    }
  }

  /** A key that kafka-python or libpq has and that is no setting here. */
  #limited(section: IniSection, key: string, value: string): void {
    const place = `${this.path}: [${section}] ${key}`;
    if (section === "postgresql") {
      const problem = refusalOf(place, key, value);
      if (problem !== undefined) this.problems.push(problem);
      return;
    }
    const meaning = meaningOf(key, value);
    if (meaning === "no effect") this.warnings.push(`${place} has no effect on this program and is ignored.`);
    else if (typeof meaning === "object") {
      const shown = /password/.test(key) ? "" : `=${value}`;
      this.problems.push(`${place}${shown} is not supported: ${meaning.remedy}.`);
    }
  }

  #unknown(section: IniSection | "DEFAULT", key: string): void {
    if (this.ini.referenced.has(key)) return;
    const known = section === "DEFAULT" ? INI_SECTIONS.flatMap(knownKeys) : knownKeys(section);
    this.warnings.push(
      `${this.path}: [${section}] ${key} is not a setting of this program and is ignored.${
        suggestion(key, known)
      }`,
    );
  }

  #get(section: IniSection, key: string): string | undefined {
    try {
      return this.ini.get(section, key);
    } catch (error) {
      if (!(error instanceof IniError)) throw error;
      this.problems.push(`${this.path}, ${error.message}`);
      return undefined;
    }
  }
}
