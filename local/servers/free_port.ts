/**
 * Ports that are given out: below those that the system gives to connections of its own accord (from 32768 on, on Linux), else a
 * connection could get a server's port while that server is about to start, or to start again.
 */
const FIRST = 15_000, LAST = 32_000;

/** So many different TCP ports of this machine that nothing listens on. */
export function freePorts(count: number): number[] {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (isPortFree(port)) ports.add(port);
  }
  return [...ports];
}

/** A TCP port of this machine that nothing listens on: `preferred`, when it is free. */
export function freePort(preferred?: number): number {
  return preferred !== undefined && isPortFree(preferred) ? preferred : freePorts(1)[0]!;
}

/** Whether nothing listens on that TCP port of this machine. */
export function isPortFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
