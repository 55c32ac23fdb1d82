/**
 * Checks the settings and reports the source of each.
 *
 * @module
 */
import type { Setting } from "../../shared/settings/setting.ts";
import type { Loaded } from "../../shared/settings/load.ts";
import { namesOf, type SettingName, SETTINGS } from "../../shared/settings/table.ts";
import { loadSelectedStreams } from "../../shared/streams.ts";
import { ok, type Outcome } from "../check.ts";
import { type Context, GROUPS } from "../context.ts";

/** Loads the settings and their streams. */
export async function checkSettings(context: Context): Promise<Outcome> {
  const loaded = context.load();
  const { settings } = loaded;
  context.set("streams", await loadSelectedStreams(settings));
  const details = [...settingLines(loaded), ...loaded.warnings];
  return ok(summarizeOrigins(loaded), { details });
}

/** Settings that do not have their default. */
const setNames = ({ origins }: Loaded): SettingName[] =>
  namesOf(GROUPS).filter((name) => origins[name] !== "default");

/** `5 from the environment, 3 from res/host_settings.ini; defaults otherwise`. */
function summarizeOrigins(loaded: Loaded): string {
  const counts = new Map<string, number>();
  for (const name of setNames(loaded)) {
    const origin = loaded.origins[name].replace(/^--.*/, "flags");
    counts.set(origin, (counts.get(origin) ?? 0) + 1);
  }
  if (counts.size === 0) return "all defaults";
  const parts = [...counts].map(([origin, count]) =>
    `${count} from ${origin === "environment" ? "the " : ""}${origin}`
  );
  return `${parts.join(", ")}; defaults otherwise`;
}

/** A line with value and source for each setting that was set. Secrets are masked. */
export function settingLines(loaded: Loaded): string[] {
  const names = setNames(loaded);
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map((name) => {
    const { secret }: Setting = SETTINGS[name];
    const value = loaded.settings[name];
    const shown = secret ? "•••" : Array.isArray(value) ? value.join(",") : String(value);
    return `${name.padEnd(width)} = ${shown}  (${loaded.origins[name]})`;
  });
}
