/**
 * Descriptions of all streams for the oracle, which is independent of the pipeline's code: a stream's JSON file in `res/streams/`, or,
 * for a stream in TypeScript, a file in the same format in `oracle/rules/`, written by hand.
 *
 * @module
 */
import { join } from "node:path";
import { PROJECT } from "./project.ts";

/** A column of a description. Its other members, such as `aliases`, are for the oracle. */
export interface RuleColumn {
  readonly name: string;
  readonly path?: readonly (string | number)[];
  readonly type?: string;
  readonly metadata?: string;
}

/** Description of a stream. */
export interface Rules {
  /** Name in `STREAMS`. */
  readonly name: string;
  /** Topic, without a prefix. */
  readonly topic: string;
  /** Table, as in SQL. */
  readonly table: string;
  readonly columns: readonly RuleColumn[];
  /** Name of the column whose value is the key of generated records. */
  readonly key?: string;
  readonly schema: unknown;
  /** zod measures texts in UTF-16 code units. */
  readonly isTypeScript?: boolean;
  readonly write?: { readonly mode: string; readonly key?: readonly string[]; readonly tombstones?: string };
}

/** Folders of streams as data, and of descriptions of the streams in TypeScript. */
const DATA = "res/streams";
const RULES = "integration/harness/oracle/rules";

/** Names of the files with this extension, without it, in order; empty if the folder does not exist. */
async function list(folder: string, extension: string): Promise<string[]> {
  try {
    const files = await Array.fromAsync(Deno.readDir(join(PROJECT, folder)), ({ name }) => name);
    return files.filter((name) => name.endsWith(extension)).map((name) => name.slice(0, -extension.length))
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function read(folder: string, name: string): Promise<Rules> {
  const file = JSON.parse(await Deno.readTextFile(join(PROJECT, folder, `${name}.json`)));
  return { ...describe(name, file), isTypeScript: folder === RULES };
}

/** A stream file. Names and paths are optional in it. */
interface StreamFile extends Omit<Partial<Rules>, "columns"> {
  readonly columns?: Record<string, Omit<RuleColumn, "name" | "path"> & { readonly path?: string }>;
}

/** The description of a stream file, with its defaults. */
export function describe(name: string, file: StreamFile): Rules {
  const members = Object.keys((file.schema as { properties?: object } | undefined)?.properties ?? {});
  const snakeCase = (member: string) => member.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  const columns: NonNullable<StreamFile["columns"]> = file.columns ??
    Object.fromEntries(members.map((member) => [snakeCase(member), {}]));
  return {
    ...file,
    name,
    topic: file.topic ?? name,
    table: file.table ?? name.replaceAll("-", "_"),
    schema: file.schema ?? true,
    columns: Object.entries(columns).map(([column, { path, ...more }]) => ({
      ...more,
      name: column,
      path: path === undefined
        ? [members.find((member) => member === column || snakeCase(member) === column)!]
        : steps(path),
    })),
  };
}

/** The steps of a JSON pointer; array indexes are numbers. */
const steps = (pointer: string) =>
  pointer.split("/").slice(1).map((step) =>
    /^\d+$/.test(step) ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~")
  );

/** Names of the streams in TypeScript. */
export const TYPESCRIPT_STREAMS: readonly string[] = await list("shared/streams", ".ts");

/** The descriptions of all streams that have one, by name. */
export const ALL_RULES: ReadonlyMap<string, Rules> = new Map(
  (await Promise.all(
    [RULES, DATA].map(async (folder) =>
      await Promise.all((await list(folder, ".json")).map((name) => read(folder, name)))
    ),
  )).flat().map((rules) => [rules.name, rules]),
);

/** @throws {Error} if a stream has no description */
export function rulesOf(stream: string): Rules {
  const rules = ALL_RULES.get(stream);
  if (!rules) throw new Error(`Stream ${stream} has no description: write ${RULES}/${stream}.json.`);
  return rules;
}

/** The stream of scenarios that are not about streams. */
export const ROUTES: Rules = rulesOf("routes");
