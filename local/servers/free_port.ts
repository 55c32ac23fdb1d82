/** Below the ephemeral ports (from 32768 on Linux), which the system could assign to a connection before a server starts. */
const FIRST = 15_000, LAST = 32_000;

/** Returns distinct free TCP ports of this machine. */
export function freePorts(count: number): number[] {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (isPortFree(port)) ports.add(port);
  }
  return [...ports];
}

/** Returns `preferred` if it is free, else another free TCP port. */
export function freePort(preferred?: number): number {
  return preferred !== undefined && isPortFree(preferred) ? preferred : freePorts(1)[0]!;
}

/** `localhost` can be any of these. macOS allows to listen on an address beside a program that listens on all of them. */
const ADDRESSES = ["127.0.0.1", "0.0.0.0", "::1", "::"];

/** Whether nothing listens on a TCP port of this machine. */
export function isPortFree(port: number): boolean {
  return ADDRESSES.every((hostname) => {
    try {
      Deno.listen({ hostname, port }).close();
      return true;
    } catch (error) {
      // Other errors, such as a missing privilege for ports below 1024, do not mean that the port is in use.
      return !(error instanceof Deno.errors.AddrInUse);
    }
  });
}
