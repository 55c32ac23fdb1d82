/**
 * Retries operations until a server is available.
 *
 * @module
 */
import { TransientError } from "./errors.ts";
import { backoffMs, pause } from "./lifecycle.ts";
import type { Availability, Server } from "./observe/availability.ts";

/**
 * Retries `attempt` with exponential backoff and jitter until it succeeds.
 *
 * @returns its result; `undefined` if `signal` aborted first
 * @throws errors of `attempt` other than {@link TransientError}
 */
export async function retryUntilAvailable<T>(
  server: Server,
  availability: Availability,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T | undefined> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      const result = await attempt();
      availability.up(server);
      return result;
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (signal.aborted) break;
      availability.down(server, error, error.kind);
      await pause(backoffMs(failures), signal);
    }
  }
  return undefined;
}
