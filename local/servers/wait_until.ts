/**
 * Calls `ready` until it answers true, or until `deadlineMs` have passed.
 *
 * @returns Whether it did.
 */
export async function waitUntil(
  ready: () => boolean | Promise<boolean>,
  deadlineMs: number,
  intervalMs = 50,
): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    if (await ready()) return true;
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
