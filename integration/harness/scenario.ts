/**
 * Declares a scenario: a failure, its expected result, and the test that proves it. Each scenario has its own topic, database and
 * consumer group on shared servers.
 *
 * @module
 */
import { pgbouncerAvailable } from "./pgbouncer.ts";
import { reconciled, ScenarioContext } from "./scenario_context.ts";
import { SERVICE_KIND, sharedServers } from "./shared_servers.ts";

/** Description and requirements of a scenario. Name, failure and result appear in `docs/guarantees.md`. */
export interface ScenarioDefinition {
  /** Test name: `fn() does X when Y`. */
  name: string;
  /** What fails, in a few words. */
  failure: string;
  /** The guaranteed result, in a few words. */
  result: string;
  /** Requirement that not every machine meets; without it the scenario is skipped and its name printed. */
  needs?: "containers" | "processes" | "pgbouncer";
  /** The scenario stops and starts the shared servers, so that resources at its end differ from those at its start. */
  restartsServers?: boolean;
  /** Run the services as processes even if other scenarios run them as containers. */
  services?: "process";
  ignore?: boolean;
}

/** All declared scenarios, in order. */
export const scenarios: ScenarioDefinition[] = [];

Deno.test.afterAll(() => {
  const skipped = scenarios.filter(shouldSkip);
  console.log(
    `Compared ${
      reconciled.records.toLocaleString("en")
    } records of ${reconciled.scenarios.size} scenarios; ` +
      `${skipped.length} scenarios skipped${
        skipped.map(({ name, needs }) => `\n  ${name} (needs ${needs})`).join("")
      }.`,
  );
});

function shouldSkip({ needs }: ScenarioDefinition): boolean {
  return needs === "containers" && SERVICE_KIND !== "container" ||
    needs === "processes" && SERVICE_KIND === "container" ||
    needs === "pgbouncer" && !pgbouncerAvailable();
}

/** Declares a scenario as a test. */
export function scenario(definition: ScenarioDefinition, run: (s: ScenarioContext) => Promise<void>): void {
  scenarios.push(definition);
  Deno.test({
    name: definition.name,
    ignore: definition.ignore === true || shouldSkip(definition),
    ...definition.restartsServers && { sanitizeOps: false, sanitizeResources: false },
    fn: async () => {
      await using context = await ScenarioContext.create(definition, sharedServers());
      try {
        await run(context);
      } catch (error) {
        await context.saveFailure(error);
        throw error;
      }
    },
  });
}
