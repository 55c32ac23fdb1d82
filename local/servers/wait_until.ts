/** Options of {@link waitUntil}. */
export interface WaitOptions {
  /** Default: 60,000. */
  timeoutMs?: number;
  /** Time between two polls; default: 50. */
  pollIntervalMs?: number;
  /** Called after each poll; throws if waiting is pointless. */
  unless?: () => void;
}

/**
 * Polls until a condition holds.
 *
 * @param what completes "Timed out waiting for …"
 * @param poll returns the result, or `undefined`, `null` or `false` to wait on, as it does if it throws
 * @throws {Error} on timeout, with the last error of `poll` as its cause
 */
export async function waitUntil<T>(
  what: string,
  poll: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const { timeoutMs = 60_000, pollIntervalMs = 50, unless } = options;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const result = await poll();
      if (result !== undefined && result !== null && result !== false) {
        return result as NonNullable<Exclude<T, false>>;
      }
    } catch (error) {
      cause = error;
    }
    unless?.();
    if (Date.now() >= deadline) {
      throw new Error(
        `Timed out after ${timeoutMs} ms waiting for ${what}`,
        cause === undefined ? {} : { cause },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
}
