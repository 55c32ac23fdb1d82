/**
 * A mutation removes one guard of the code; a test must then fail. A test that still passes does not prove what it claims.
 *
 * @module
 */
import { join } from "node:path";

/** A guard, how it is removed, and the test that must fail then. */
export interface Mutation {
  /** Short and unique, for `--only`. */
  readonly name: string;
  /** What the guard prevents. */
  readonly why: string;
  /** The file, relative to the project. */
  readonly file: string;
  /** Text that occurs once in the file. */
  readonly find: string;
  /** What is put in its place. */
  readonly replace: string;
  /** The test file, relative to the project. */
  readonly test: string;
  /** Part of the name of the test in that file that must fail. */
  readonly filter: string;
}

/** Why a mutation cannot be applied, or that its test does not exist; empty if it is valid. */
export async function mutationProblems(mutation: Mutation, project: string): Promise<string[]> {
  const read = (path: string) => Deno.readTextFile(join(project, path)).catch(() => undefined);
  const [source, test] = [await read(mutation.file), await read(mutation.test)];
  const problems: string[] = [];
  const count = source?.split(mutation.find).length;
  if (count === undefined) problems.push(`${mutation.file} does not exist`);
  else if (count !== 2) problems.push(`${mutation.file} has the text ${count - 1} times: ${mutation.find}`);
  if (mutation.find === mutation.replace) problems.push("it changes nothing");
  if (test === undefined) problems.push(`${mutation.test} does not exist`);
  else if (!testNames(test).includes(mutation.filter)) {
    problems.push(`${mutation.test} has no test whose name includes: ${mutation.filter}`);
  }
  return problems.map((problem) => `${mutation.name}: ${problem}.`);
}

/** The names of a file's tests, as text: a formatter may have broken what stands around them, and a name never. */
const testNames = (source: string) => source.replaceAll(/\\(["'`])/g, "$1");

/**
 * Applies a mutation to a copy of the project.
 *
 * @throws {Error} if its text does not occur exactly once
 */
export async function applyMutation({ name, file, find, replace }: Mutation, copy: string): Promise<void> {
  const path = join(copy, file);
  const parts = (await Deno.readTextFile(path)).split(find);
  if (parts.length !== 2) throw new Error(`${name}: ${file} has the text ${parts.length - 1} times.`);
  await Deno.writeTextFile(path, parts.join(replace));
}
