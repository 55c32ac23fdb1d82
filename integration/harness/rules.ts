/**
 * Descriptions of all streams for the oracle, which is independent of the pipeline's code: a stream's JSON file in `res/streams/`, or,
 * for a stream in TypeScript, a file in the same format in `oracle/rules/`, written by hand.
 *
 * @module
 */
import { join } from "node:path";
import { PROJECT } from "./project.ts";

/** A column of a description. Its other members, such as `path` and `aliases`, are for the oracle. */
export interface RuleColumn {
  readonly name: string;
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

const read = async (folder: string, name: string): Promise<Rules> => ({
  name,
  ...JSON.parse(await Deno.readTextFile(join(PROJECT, folder, `${name}.json`))),
});

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
