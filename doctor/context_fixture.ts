/**
 * Contexts from environment variables, and assertions on outcomes, for tests.
 *
 * @module
 */
import assert from "assert";
import type { Outcome } from "./check.ts";
import { Context } from "./context.ts";

/** A context with short timeouts. Arguments, environment and files of this process are not read. */
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
  context.set("streams", [routes]);
  return context;
}

/** Asserts that an outcome has failed, and that `message. remedy` matches. */
export function assertFails({ mark, message, remedy }: Outcome, expected: RegExp): void {
  assert.equal(mark, "failed", message);
  assert.match(`${message}. ${remedy}`, expected);
}
