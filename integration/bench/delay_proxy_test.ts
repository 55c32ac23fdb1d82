import assert from "assert";
import { delayProxy } from "./delay_proxy.ts";

Deno.test("delayProxy() hands bytes on in order, each after the delay, many under way at a time", async () => {
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const echo = (async () => {
    for await (const connection of server) connection.readable.pipeTo(connection.writable).catch(() => {});
  })();
  {
    await using proxy = delayProxy("127.0.0.1", (server.addr as Deno.NetAddr).port, 100);
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
    const started = performance.now();
    const sent = Uint8Array.from({ length: 10 }, (_, n) => n);
    for (const byte of sent) await connection.write(Uint8Array.of(byte));
    const received: number[] = [];
    const buffer = new Uint8Array(100);
    while (received.length < sent.length) {
      const size = await connection.read(buffer);
      received.push(...buffer.subarray(0, size!));
    }
    const took = performance.now() - started;
    assert.deepEqual(received, [...sent]);
    assert.ok(took >= 95, `it took ${took} ms`);
    assert.ok(took < 10 * 100, `ten bytes took ${took} ms: one waited for another`);
  }
  server.close();
  await echo;
});
