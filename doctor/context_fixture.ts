/**
 * A context for tests, of settings given as environment variables.
 *
 * @module
 */
import { Context } from "./context.ts";

/** What the checks share, with short time-outs; nothing is read from this process. */
export async function contextOf(
  env: Readonly<Record<string, string | number>>,
  now: () => number = Date.now,
): Promise<Context> {
  const all: Record<string, string | number> = {
    KAFKA_CONNECTION_TIMEOUT_MS: 1_000,
    KAFKA_REQUEST_TIMEOUT_MS: 1_000,
    PGCONNECT_TIMEOUT: 1,
    ...env,
  };
  const context = new Context({
    args: [],
    env: (name) => all[name] === undefined ? undefined : String(all[name]),
    readFile: (path) => {
      throw new Deno.errors.NotFound(path);
    },
  }, now);
  context.load();
  const [{ default: routes }] = await Promise.all([import("../shared/streams/routes.ts")]);
  context.put("streams", [routes]);
  return context;
}
