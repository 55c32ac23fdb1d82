import { type WaitOptions, waitUntil } from "../../local/servers/wait_until.ts";

export { type WaitOptions, waitUntil };

/**
 * Awaits a promise with a timeout.
 *
 * @param what completes "Timed out waiting for …"
 * @throws {Error} on timeout
 */
export async function within<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Timed out after ${timeoutMs} ms waiting for ${what}`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets time pass that is part of what is tested: how long a fault lasts. To wait for something, use {@link waitUntil}. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
