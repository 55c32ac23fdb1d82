/**
 * Reads `host_settings.ini` as Python's configparser does, for which these files were written.
 *
 * @module
 */
import { parse } from "ini";

/** Sections of an INI file: names with their keys and values, keys in lower case. */
export type Ini = Record<string, Record<string, string>>;

/**
 * Parses an INI text the way configparser reads it: `key = value` or `key: value`, keys in any case, comments only
 * on lines of their own, so that a password may have `#` and `;` in it.
 *
 * @example
 * ```ts
 * import assert from "assert";
 * assert.deepEqual(parseIni("[kafka]\nBootstrap_Servers: a:1"), { kafka: { bootstrap_servers: "a:1" } });
 * ```
 */
export function parseIni(text: string): Ini {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/).map((line) => {
    const [, key, value] = /^\s*([^#;[\]=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) return line;
    // Quoted as JSON, since the library takes `;` and `#` in a bare value for a comment, and `true` for a boolean.
    const bare = /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
    return `${key.toLowerCase()} = ${JSON.stringify(bare)}`;
  });
  const sections: Ini = {};
  for (const [name, section] of Object.entries(parse(lines.join("\n")))) {
    if (typeof section !== "object" || section === null) continue;
    sections[name] = Object.fromEntries(Object.entries(section).map(([key, value]) => [key, String(value)]));
  }
  return sections;
}
