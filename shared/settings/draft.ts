/**
 * Settings while they are read: texts that are not validated yet.
 *
 * @module
 */
import { SETTING_NAMES, type SettingName, SETTINGS } from "./table.ts";

const recordOf = (text: (name: SettingName) => string) =>
  Object.fromEntries(SETTING_NAMES.map((name) => [name, text(name)])) as Record<SettingName, string>;

/** The text of each setting and where it came from, with what is wrong so far. */
export class Draft {
  readonly texts: Record<SettingName, string> = recordOf((name) => SETTINGS[name].default);
  /** `default`, `environment`, `NAME_FILE`, a flag, the path of the INI file, or the name of another setting. */
  readonly origins: Record<SettingName, string> = recordOf(() => "default");
  readonly problems: string[] = [];
  readonly warnings: string[] = [];
  /** Settings whose values are not shown, because a part of a secret may be in them. */
  readonly hidden: Set<SettingName> = new Set();

  constructor(readonly iniPath: string) {}

  isSet(name: SettingName): boolean {
    return this.texts[name] !== "" && this.origins[name] !== "default";
  }

  /** A setting that is set and where, for messages: `PGHOST (environment)`. */
  named(name: SettingName): string {
    return `${name} (${this.origins[name]})`;
  }

  /** The precedence of the source that a setting came from; higher is stronger. */
  rankOf(name: SettingName): number {
    const origin = this.origins[name];
    if (origin === "default") return 0;
    if (origin === this.iniPath) return 1;
    return origin.startsWith("--") ? 3 : 2;
  }
}
