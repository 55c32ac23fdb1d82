/**
 * A way to PostgreSQL that takes time: bytes are handed on after a delay, in order, however many are under way.
 *
 * @module
 */

/** A proxy that listens on this machine. */
export interface DelayProxy extends AsyncDisposable {
  readonly port: number;
}

/**
 * Listens, and connects each connection with the server.
 *
 * @param roundTripMs half of it is added in each direction
 */
export function delayProxy(hostname: string, port: number, roundTripMs: number): DelayProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  const accepting = (async () => {
    for await (const inner of listener) {
      const outer = await Deno.connect({ hostname, port });
      inner.setNoDelay();
      outer.setNoDelay();
      for (const connection of [inner, outer]) connections.add(connection);
      const done = Promise.all([
        handOn(inner, outer, roundTripMs / 2),
        handOn(outer, inner, roundTripMs / 2),
      ]);
      done.finally(() => [inner, outer].forEach((connection) => close(connection, connections)));
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      for (const connection of connections) close(connection, connections);
    },
  };
}

function close(connection: Deno.Conn, connections: Set<Deno.Conn>): void {
  if (connections.delete(connection)) connection.close();
}

async function handOn(from: Deno.Conn, to: Deno.Conn, delayMs: number): Promise<void> {
  // Writes follow on one another; each begins when its bytes are due.
  let writing = Promise.resolve();
  try {
    for (;;) {
      const buffer = new Uint8Array(65_536);
      const size = await from.read(buffer);
      const due = performance.now() + delayMs;
      writing = writing.then(async () => {
        const rest = due - performance.now();
        if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
        if (size === null) return await to.closeWrite();
        for (let sent = 0; sent < size;) sent += await to.write(buffer.subarray(sent, size));
      });
      writing.catch(() => {});
      if (size === null) break;
    }
    await writing;
  } catch {
    // Either side is gone; the other is closed with it.
  }
}
