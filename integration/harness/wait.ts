/** How long to wait, and how often to look. */
export interface WaitOptions {
  /** Milliseconds until it is given up; 60,000 when not given. */
  timeoutMs?: number;
  /** Milliseconds between two looks; 50 when not given. */
  pollIntervalMs?: number;
  /** Looked at each time as well; throws when there is no use in waiting on. */
  unless?: () => void;
}

/**
 * Looks again and again until there is what is waited for.
 *
 * @param what Ends the sentence "waited … for".
 * @param look Returns it, or `undefined`, `false` or `null` as long as it isn't there. What it throws counts as "not yet".
 * @throws When time is up; the message has the last error that `look` threw.
 */
export async function waitUntil<T>(
  what: string,
  look: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const { timeoutMs = 60_000, pollIntervalMs: everyMs = 50, unless } = options;
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  while (true) {
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) {
        return found as NonNullable<Exclude<T, false>>;
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    unless?.();
    if (Date.now() >= deadline) {
      throw new Error(
        `Waited ${timeoutMs} ms in vain for ${what}`,
        last === undefined ? {} : { cause: last },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/**
 * What a promise resolves to, if it does so in time.
 *
 * @param what Ends the sentence "waited … for".
 * @throws When time is up.
 */
export async function within<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${timeoutMs} ms in vain for ${what}`)), timeoutMs);
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
