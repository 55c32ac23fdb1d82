/**
 * `deno task test:mutations`: removes each guard in a copy of the project; its test must fail.
 *
 * `--only NAME` (repeatable) selects mutations. The servers are embedded.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { PROJECT } from "../harness/project.ts";
import { applyMutation, type Mutation, mutationProblems } from "./mutation.ts";
import { MUTATIONS } from "./mutations.ts";
import { ProjectCopy } from "./project_copy.ts";
import { runTest } from "./test_run.ts";

/** Milliseconds that a test may take. */
const TEST_TIMEOUT_MS = 300_000;
/** Lines of a test's output that are printed if it did what it should not. */
const SHOWN_LINES = 30;

/** Runs the mutations. @returns those that no test noticed, or that could not be tried */
async function runMutations(mutations: readonly Mutation[]): Promise<string[]> {
  const problems = (await Promise.all(mutations.map((one) => mutationProblems(one, PROJECT)))).flat();
  if (problems.length > 0) return problems;
  const failures: string[] = [];
  await using copy = await ProjectCopy.create(PROJECT);
  const baselines = new Map<string, boolean>();
  for (const mutation of mutations) {
    const { name, test, filter } = mutation;
    const run = () => runTest(copy.folder, test, filter, TEST_TIMEOUT_MS);
    const key = `${test} ${filter}`;
    if (!baselines.has(key)) {
      const { result, output } = await run();
      baselines.set(key, result === "passed");
      if (result !== "passed") print(`${test} "${filter}" without a mutation: ${result}`, output);
    }
    if (!baselines.get(key)) {
      failures.push(
        `${name}: the test does not pass without the mutation, so that its failure proves nothing.`,
      );
      continue;
    }
    await applyMutation(mutation, copy.folder);
    const { result, output } = await run();
    await copy.restore(mutation.file);
    if (result === "failed") print(`${name}: the test failed, as it must.`);
    else {
      print(`${name}: ${result}`, output);
      failures.push(`${name}: the test "${filter}" of ${test} must fail, and its result is: ${result}.`);
    }
  }
  return failures;
}

function print(line: string, output = ""): void {
  console.log(line);
  for (const text of output.trim().split("\n").slice(-SHOWN_LINES)) if (text !== "") console.log(`  ${text}`);
}

const { values } = parseArgs({ args: Deno.args, options: { only: { type: "string", multiple: true } } });
const chosen = MUTATIONS.filter(({ name }) => values.only === undefined || values.only.includes(name));
const unknown = (values.only ?? []).filter((name) => !MUTATIONS.some((one) => one.name === name));
const failures = unknown.length > 0
  ? unknown.map((name) => `There is no mutation "${name}".`)
  : await runMutations(chosen);
console.log([...failures, `${chosen.length} mutations, ${failures.length} failures.`].join("\n"));
Deno.exit(failures.length > 0 ? 1 : 0);
