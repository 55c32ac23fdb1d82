/**
 * Declares a scenario: a failure, its expected result, and the test that proves it. Each scenario has its own topic, database and
 * consumer group on shared servers.
 *
 * @module
 */
import { isPgbouncerAvailable } from "./pgbouncer.ts";
import { reconciled, ScenarioContext, type ScenarioDefinition } from "./scenario_context.ts";
import { SERVICE_KIND, sharedServers } from "./shared_servers.ts";

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
    needs === "pgbouncer" && !isPgbouncerAvailable();
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
