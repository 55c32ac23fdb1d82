/**
 * The doctor: says what, on the way from the settings to Kafka and PostgreSQL, does not work, and why. Wiring only.
 *
 * @module
 */
import { helpText } from "../shared/settings/describe.ts";
import { PROCESS } from "../shared/settings/load.ts";
import { type Result, runChecks } from "./doctor/check.ts";
import { CHECKS } from "./doctor/checks.ts";
import { Context, GROUPS } from "./doctor/context.ts";
import { reportJson, resultText, summaryText } from "./doctor/report.ts";

const USAGE = `deno task doctor [--json] [flags]

Checks settings, certificates, Kafka, PostgreSQL and the progress between them, and says what is wrong and what to do. It changes
nothing anywhere. The consumer's other settings can be given, too: whether their values can be used is said. ✓ is right, ✗ is wrong, – was not checked or is not used. Exit code: 0 where nothing is wrong, else 1.
With --json the report is one JSON object.`;

/**
 * Runs all checks and prints what they found.
 *
 * @returns the exit code: 1 where one failed, else 0
 */
export async function doctor(all: readonly string[]): Promise<number> {
  const json = all.includes("--json");
  const args = all.filter((arg) => arg !== "--json");
  if (args.includes("--help") || args.includes("-h")) {
    console.log(helpText(USAGE, GROUPS));
    return 0;
  }
  const terminal = Deno.stdout.isTerminal();
  const layout = {
    titleWidth: Math.max(...CHECKS.map(({ title }) => title.length)),
    columns: terminal ? Deno.consoleSize().columns : undefined,
    colour: terminal && !Deno.noColor,
  };
  const start = performance.now();
  const results: Result[] = [];
  await using context = new Context({ ...PROCESS, args });
  for await (const result of runChecks(CHECKS, context)) {
    if (!json && result.section !== results.at(-1)?.section) console.log(`\n${result.section}`);
    results.push(result);
    if (!json) console.log(resultText(result, layout));
  }
  console.log(json ? reportJson(results) : `\n${summaryText(results, (performance.now() - start) / 1000)}`);
  return results.some(({ mark }) => mark === "failed") ? 1 : 0;
}

if (import.meta.main) Deno.exit(await doctor(Deno.args));
