/**
 * The names that are stable across 1.x (`docs/stability.md`), one fact a line, and the file that has those of the last version.
 *
 * @module
 */
import { REASONS } from "../../../shared/codec/rejection.ts";
import { EXIT } from "../../../shared/errors.ts";
import { OWN_TABLES } from "../../../shared/schema/own_tables.ts";
import { columnSql } from "../../../shared/schema/stream_table.ts";
import { PROGRAMS } from "../../../shared/settings/programs.ts";
import { flagOf, iniKeysOf, type Setting } from "../../../shared/settings/setting.ts";
import { namesOf, SETTING_NAMES, SETTINGS } from "../../../shared/settings/table.ts";
import { jsonSchemaOfFormat } from "../../../shared/stream_files/file_format.ts";
import { loadStreams } from "../../../shared/streams.ts";
import { readErrorCodes, readEvents } from "./events.ts";
import { readMetrics } from "./metrics.ts";
import { programNames } from "./programs.ts";

/** The stable names of the code. */
export async function stableNames(): Promise<string[]> {
  return [
    ...settings(),
    ...await tables(),
    ...streamFiles(jsonSchemaOfFormat() as JsonSchema),
    ...(await readMetrics()).flatMap(({ name, type, labels }) => [
      `metric ${name}: ${type}`,
      ...labels.map((label) => `label ${name}{${label}}`),
    ]),
    ...readEvents().flatMap(({ program, name, fields }) => [
      `event ${program}: ${name}`,
      ...fields.map((field) => `field ${program}: ${name}.${field}`),
    ]),
    ...readErrorCodes().map((code) => `error code ${code}`),
    ...REASONS.map((reason) => `reason ${reason}`),
    ...Object.entries(EXIT).map(([name, code]) => `exit code ${code}: ${name}`),
    ...await programNames(),
  ].sort();
}

function settings(): string[] {
  return [
    ...SETTING_NAMES.flatMap((name) => {
      const setting: Setting = SETTINGS[name];
      const { section, keys } = iniKeysOf(name, setting);
      return [
        `setting ${name}`,
        `default ${name}=${setting.default}`,
        `flag --${flagOf(name)} of ${name}`,
        ...keys.map((key) => `INI key [${section}] ${key} of ${name}`),
        ...setting.secret ? [`setting ${name}_FILE`] : [],
        ...setting.oldName ? [`old name ${setting.oldName} of ${name}`] : [],
      ];
    }),
    ...Object.entries(PROGRAMS).flatMap(([program, groups]) =>
      namesOf(groups).map((name) => `program ${program} reads ${name}`)
    ),
  ];
}

async function tables(): Promise<string[]> {
  const [routes] = await loadStreams(["routes"]);
  return [
    ...routes!.columns.map((column) => `column ${routes!.table}: ${columnSql(routes!, column)}`),
    ...OWN_TABLES.flatMap(({ name, columns, addedColumns, primaryKey }) => [
      ...[...columns, ...addedColumns].map((column) =>
        `column ${name}: ${[column.name, column.type, column.constraint].filter(Boolean).join(" ")}`
      ),
      `primary key ${name}: ${primaryKey.join(", ")}`,
    ]),
  ];
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly string[];
}

/** The members of a stream file, by path; `*` stands for any name. */
function streamFiles(schema: JsonSchema, path = ""): string[] {
  const { properties = {}, additionalProperties, items, anyOf = [], enum: values = [] } = schema;
  return [
    ...Object.entries(properties).flatMap(([name, member]) => [
      `stream file ${path}/${name}`,
      ...streamFiles(member, `${path}/${name}`),
    ]),
    ...typeof additionalProperties === "object" ? streamFiles(additionalProperties, `${path}/*`) : [],
    ...items ? streamFiles(items, path) : [],
    ...anyOf.flatMap((option) => streamFiles(option, path)),
    ...values.map((value) => `stream file ${path} = ${value}`),
  ];
}

/** The names of the file. */
export const linesOf = (file: string): string[] => file.split("\n").filter((line) => line !== "");

/** The file with new names. Names that the code no longer has stay in it: removing one is a breaking change. */
export const withNewNames = (file: string, names: readonly string[]): string =>
  `${[...new Set([...linesOf(file), ...names])].sort().join("\n")}\n`;

/** Sentences about the names of the file that the code no longer has. */
export const removedNames = (file: string, names: readonly string[]): string[] =>
  linesOf(file).filter((line) => !names.includes(line)).map((line) =>
    `Breaking change: “${line}” is stable across 1.x and was removed or changed. ` +
    "Keep it, with a warning if it is deprecated (docs/stability.md)."
  );
