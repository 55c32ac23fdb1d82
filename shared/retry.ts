/**
 * Tries again, without end, what fails because a server is away.
 *
 * @module
 */
import { TransientError } from "./errors.ts";
import { backoffMs, pause } from "./lifecycle.ts";
import type { Availability, Server } from "./observe/availability.ts";

/**
 * Runs `attempt` until it succeeds, with exponential backoff and jitter in between.
 *
 * @returns what it returned; `undefined` where `signal` aborted first
 * @throws whatever `attempt` throws that is no {@link TransientError}
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
