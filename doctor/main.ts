/**
 * The doctor checks settings, Kafka, PostgreSQL and progress, and reports causes and remedies. Wiring only.
 *
 * @module
 */
import { EXIT, TransientError } from "../shared/errors.ts";
import { isVersionRequested, VERSION_TEXT } from "../shared/observe/build_info.ts";
import { CommandOutput } from "../shared/observe/command_output.ts";
import { helpText } from "../shared/settings/help_text.ts";
import { PROCESS } from "../shared/settings/load.ts";
import { type Result, runChecks } from "./check.ts";
import { CHECKS } from "./checks.ts";
import { Context, GROUPS } from "./context.ts";
import { reportJson, resultText, summaryText } from "./report.ts";

const USAGE = `deno task doctor [--json] [flags]

Checks the settings, certificates, Kafka, PostgreSQL and the consumer's progress, and reports causes and remedies. Does not change anything. Also accepts and validates all other consumer settings.

✓ passed, ! works but is probably not intended, ✗ failed, – skipped. Exits with 1 if any check failed, with 141 if the reader closed the output. --json prints the report as one JSON object.`;

/**
 * Runs all checks and prints the report.
 *
 * @returns the exit code: 1 if a check failed or the report cannot be written, 141 if the reader closed the output, else 0
 */
export async function doctor(args: readonly string[]): Promise<number> {
  const output = new CommandOutput();
  try {
    return output.exitCode(await report(args, output));
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    await Deno.stderr.write(new TextEncoder().encode(`${error.message}\n`)).catch(() => {});
    return EXIT.crash;
  }
}

async function report(all: readonly string[], output: CommandOutput): Promise<number> {
  const json = all.includes("--json");
  const args = all.filter((arg) => arg !== "--json");
  if (args.includes("--help") || args.includes("-h")) {
    await output.print(helpText("doctor", USAGE, GROUPS));
    return EXIT.ok;
  }
  if (isVersionRequested(args)) {
    await output.print(VERSION_TEXT);
    return EXIT.ok;
  }
  const terminal = Deno.stdout.isTerminal();
  const layout = {
    titleWidth: Math.max(...CHECKS.map(({ title }) => title.length)),
    columns: terminal ? Deno.consoleSize().columns : undefined,
    color: terminal && !Deno.noColor,
  };
  const start = performance.now();
  const results: Result[] = [];
  await using context = new Context({ ...PROCESS, args });
  for await (const result of runChecks(CHECKS, context)) {
    if (!json && result.section !== results.at(-1)?.section) await output.print(`\n${result.section}`);
    results.push(result);
    if (!json) await output.print(resultText(result, layout));
    if (output.isClosed) break;
  }
  await output.print(
    json ? reportJson(results) : `\n${summaryText(results, (performance.now() - start) / 1000)}`,
  );
  return results.some(({ mark }) => mark === "failed") ? EXIT.crash : EXIT.ok;
}

if (import.meta.main) Deno.exit(await doctor(Deno.args));
