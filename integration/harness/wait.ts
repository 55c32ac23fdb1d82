import { type WaitOptions, waitUntil } from "../../local/servers/wait_until.ts";

export { type WaitOptions, waitUntil };

/**
 * Returns the promise's result if it settles in time.
 *
 * @param what the expected event, as in "waiting for {what}"
 * @throws {Error} after the timeout
 */
export async function within<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Timed out after ${timeoutMs} ms waiting for ${what}`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a fixed time, such as the duration of a fault. To wait for a condition, use {@link waitUntil}. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
