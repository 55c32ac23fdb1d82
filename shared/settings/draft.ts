/**
 * Settings before validation.
 *
 * @module
 */
import type { SettingProblem } from "./error.ts";
import { SETTING_NAMES, type SettingName, SETTINGS } from "./table.ts";

const recordOf = (text: (name: SettingName) => string) =>
  Object.fromEntries(SETTING_NAMES.map((name) => [name, text(name)])) as Record<SettingName, string>;

/** The text and origin of each setting, and the problems and warnings so far. */
export class Draft {
  readonly texts: Record<SettingName, string> = recordOf((name) => SETTINGS[name].default);
  /** `default`, `environment`, `NAME_FILE`, a flag, the path of the INI file, or the name of another setting. */
  readonly origins: Record<SettingName, string> = recordOf(() => "default");
  readonly problems: SettingProblem[] = [];
  readonly warnings: string[] = [];
  /** Settings whose values are not shown, because they may contain a part of a secret. */
  readonly hidden: Set<SettingName> = new Set();

  constructor(readonly iniPath: string) {}

  isSet(name: SettingName): boolean {
    return this.texts[name] !== "" && this.origins[name] !== "default";
  }

  /** A setting and its origin for messages: `PGHOST (environment)`. */
  named(name: SettingName): string {
    return `${name} (${this.origins[name]})`;
  }

  /** The precedence of the origin of a setting; higher wins. */
  precedenceOf(name: SettingName): number {
    const origin = this.origins[name];
    if (origin === "default") return 0;
    if (origin === this.iniPath) return 1;
    return origin.startsWith("--") ? 3 : 2;
  }
}
