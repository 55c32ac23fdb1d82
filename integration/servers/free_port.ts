/** So many different TCP ports of this machine that nothing listens on. */
export function freePorts(count: number): number[] {
  const listeners: Deno.Listener[] = [];
  try {
    // All are held before one is let go, else the same one could come twice.
    for (let i = 0; i < count; i++) listeners.push(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    return listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  } finally {
    for (const listener of listeners) listener.close();
  }
}

/** A TCP port of this machine that nothing listens on: `preferred`, when it is free. */
export function freePort(preferred?: number): number {
  return preferred !== undefined && isFree(preferred) ? preferred : freePorts(1)[0]!;
}

/** Whether nothing listens on that TCP port of this machine. */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
