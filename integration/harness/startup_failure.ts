import type { ScenarioContext } from "./scenario_context.ts";
import type { ServiceSettings } from "./service.ts";
import { within } from "./wait.ts";

/** Settings that must be refused, and what the message must say. */
export type StartupFailure = [what: string, settings: ServiceSettings, message: RegExp];

/** Starts a service that has to refuse what it is given, with exit code 2; says what is wrong when it doesn't. */
export async function expectStartupFailure(
  s: ScenarioContext,
  name: "producer" | "consumer",
  what: string,
  settings: ServiceSettings,
  message: RegExp,
): Promise<string | undefined> {
  const service = await (name === "producer" ? s.startProducer(settings) : s.startConsumer(settings));
  const code = await within(`the ${name} to refuse`, 20_000, service.exited).catch(async () => {
    await service.stop("SIGKILL");
    return "nothing within 20 s";
  });
  const said = service.lines.filter((line) => /"level":"(warn|error)"/.test(line)).join("\n");
  if (code === 2 && message.test(said)) return undefined;
  return `${what}: the ${name} should end with code 2 and say ${message}; it ended with ${code} and said\n${said}`;
}
