import type { ScenarioContext } from "./scenario_context.ts";
import type { ServiceSettings } from "./service.ts";
import { within } from "./wait.ts";

/** Invalid settings, and the expected error message. */
export type StartupFailure = [what: string, settings: ServiceSettings, message: RegExp];

/** Starts a service that must log a matching error and exit with code 2; returns a description of any other outcome. */
export async function expectStartupFailure(
  s: ScenarioContext,
  name: "producer" | "consumer",
  what: string,
  settings: ServiceSettings,
  message: RegExp,
): Promise<string | undefined> {
  const service = await (name === "producer" ? s.startProducer(settings) : s.startConsumer(settings));
  const code = await within(`the ${name} to exit`, 20_000, service.exited).catch(async () => {
    await service.stop("SIGKILL");
    return "none within 20 s";
  });
  const logged = service.lines.filter((line) => /"level":"(warn|error)"/.test(line)).join("\n");
  if (code === 2 && message.test(logged)) return undefined;
  return `${what}: expected the ${name} to exit with code 2 and log ${message}; code: ${code}, log:\n${logged}`;
}
