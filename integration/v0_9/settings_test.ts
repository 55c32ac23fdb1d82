import assert from "assert";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { type Group, GROUPS, type Setting } from "../../shared/settings/setting.ts";
import { loadSettings } from "../../shared/settings/load.ts";
import { type SettingName, SETTINGS } from "../../shared/settings/table.ts";
import { PROJECT } from "../harness/project.ts";

const ALL = Object.keys(GROUPS) as Group[];
const SERVICE = ALL.filter((group) => !["rejects", "progress", "dashboard", "tools"].includes(group));

const read = (name: string) => Deno.readTextFileSync(join(import.meta.dirname!, name));
const parse = (name: string) => parseEnv(read(name)) as Readonly<Record<string, string>>;

/** Loads settings from variables and the INI file; other files do not exist. */
const load = (groups: readonly Group[], env: Readonly<Record<string, string>>, ini?: string) =>
  loadSettings(groups, {
    args: [],
    env: (name) => env[name],
    readFile: (path) => {
      if (ini !== undefined && path === "res/host_settings.ini") return ini;
      throw new Deno.errors.NotFound(path);
    },
  });

const newNameOf = (name: string): string =>
  Object.entries<Setting>(SETTINGS).find(([, { oldName }]) => oldName === name)?.[0] ?? name;

Deno.test("loadSettings() takes every value of an env file of version 0.9, also of renamed settings", () => {
  const env = parse("settings.env");
  const { settings, origins, warnings } = load(ALL, env);
  for (const [name, text] of Object.entries(env)) {
    const current = newNameOf(name) as SettingName;
    assert.equal(origins[current], "environment", name);
    assert.deepEqual(settings[current], SETTINGS[current].type.parse(text), name);
    assert.notEqual(text, SETTINGS[current].default, name);
  }
  assert.deepEqual(warnings, [
    "CONSUMER_BATCH_INFLATED_BYTES_MAX is deprecated. Use CONSUMER_DECOMPRESSED_BATCH_MAX_BYTES.",
    "DASHBOARD_VIEWERS is deprecated. Use DASHBOARD_MAX_VIEWERS.",
    "DASHBOARD_VIEWERS_PER_ADDRESS is deprecated. Use DASHBOARD_MAX_VIEWERS_PER_ADDRESS.",
  ]);
});

Deno.test("loadSettings() accepts the examples of version 0.9 without a warning", () => {
  const url = load(SERVICE, parse("aiven.env"));
  assert.deepEqual([url.settings.PGHOST, url.settings.PGSSLMODE, url.settings.KAFKA_SECURITY_PROTOCOL], [
    "pg-example.aivencloud.com",
    "verify-full",
    "SSL",
  ]);
  const ini = load(SERVICE, {}, read("host_settings.ini"));
  assert.deepEqual([ini.settings.PGHOST, ini.settings.PGSSLMODE, ini.settings.KAFKA_SSL_KEYFILE], [
    "pg-example.aivencloud.com",
    "verify-full",
    "res/ssl/service.key",
  ]);
  assert.deepEqual([...url.warnings, ...ini.warnings], []);
});

Deno.test("compose.yaml has every variable of the env files of version 0.9", () => {
  const compose = Deno.readTextFileSync(join(PROJECT, "compose.yaml"));
  const variables = new Set([...compose.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!));
  const missing = [...Object.keys(parse("aiven.env")), ...Object.keys(parse("local.env"))]
    .filter((name) => !variables.has(name) && !Object.hasOwn(SETTINGS, name));
  assert.deepEqual(missing, []);
});
