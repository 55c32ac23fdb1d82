import { flagOf, type Setting } from "./setting.ts";
import { type SettingName, SETTINGS } from "./table.ts";

interface Sources {
  readonly args: readonly string[];
  readonly env: (name: string) => string | undefined;
}

/** Sources that also have the old names of renamed settings. The new name takes precedence. */
export function acceptOldNames<S extends Sources>(
  sources: S,
  names: readonly SettingName[],
  warn: (text: string) => void,
): S {
  const renamed = names.flatMap((name) => {
    const { oldName }: Setting = SETTINGS[name];
    return oldName === undefined ? [] : [{ name, oldName }];
  });
  const replaced = (old: string, name: string) => {
    warn(`${old} is deprecated. Use ${name}.`);
    return name;
  };
  return {
    ...sources,
    args: sources.args.map((arg) => {
      const [flag] = /^--[^=]*/.exec(arg) ?? [];
      const found = renamed.find(({ oldName }) => flag === `--${flagOf(oldName)}`);
      return found ? replaced(flag!, `--${flagOf(found.name)}`) + arg.slice(flag!.length) : arg;
    }),
    env: (variable) => {
      const value = sources.env(variable);
      const found = renamed.find(({ name }) => name === variable);
      const oldValue = value || !found ? undefined : sources.env(found.oldName);
      if (oldValue) replaced(found!.oldName, variable);
      return oldValue || value;
    },
  };
}
