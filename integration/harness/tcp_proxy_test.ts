import assert from "assert";
import { TcpProxy } from "./tcp_proxy.ts";
import { waitUntil } from "./wait.ts";

/** A server that returns what it receives, and a proxy to it. */
class Echo implements AsyncDisposable {
  /** Number of bytes that the server received. */
  received = 0;
  readonly proxy: TcpProxy;
  readonly #server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<void>;

  constructor() {
    this.proxy = new TcpProxy(`127.0.0.1:${this.#server.addr.port}`);
    this.#serving = this.#serve();
  }

  connect(): Promise<Deno.TcpConn> {
    const [hostname, port] = this.proxy.address.split(":");
    return Deno.connect({ hostname: hostname!, port: Number(port) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    this.#server.close();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    for await (const connection of this.#server) {
      const counted = connection.readable.pipeThrough(
        new TransformStream({
          transform: (bytes, out) => {
            this.received += bytes.length;
            out.enqueue(bytes);
          },
        }),
      );
      counted.pipeTo(connection.writable).catch(() => {});
    }
  }
}

/** Reads this many bytes. */
async function read(connection: Deno.TcpConn, count: number): Promise<number[]> {
  const received: number[] = [];
  const buffer = new Uint8Array(65_536);
  while (received.length < count) {
    const size = await connection.read(buffer);
    if (size === null) throw new Error(`The connection was closed after ${received.length} bytes`);
    received.push(...buffer.subarray(0, size));
  }
  return received;
}

/** Whether the other side closes or resets the connection. */
async function isClosed(connection: Deno.TcpConn): Promise<boolean> {
  return await connection.read(new Uint8Array(1)).catch(() => null) === null;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

Deno.test("setLatency() delays each byte, in order and concurrently", async () => {
  await using echo = new Echo();
  await echo.proxy.setLatency(100);
  using connection = await echo.connect();
  const sent = Uint8Array.from({ length: 10 }, (_, n) => n);
  const took = await timed(async () => {
    for (const byte of sent) await connection.write(Uint8Array.of(byte));
    assert.deepEqual(await read(connection, sent.length), [...sent]);
  });
  assert.ok(took >= 195, `${took} ms`);
  assert.ok(took < 10 * 200, `ten bytes took ${took} ms: one waited for another`);
});

Deno.test("setLatency() delays only the given direction", async () => {
  await using echo = new Echo();
  await echo.proxy.setLatency(1_000, "responses");
  using connection = await echo.connect();
  await connection.write(Uint8Array.of(1));
  const arrived = timed(() =>
    waitUntil("the request to arrive", () => echo.received === 1, { pollIntervalMs: 5 })
  );
  const responded = timed(() => read(connection, 1));
  const took = [await arrived, await responded] as const;
  assert.ok(took[0] < 900 && took[1] >= 995, `request: ${took[0]} ms, with response: ${took[1]} ms`);
});

Deno.test("setBandwidth() limits the bytes per second and loses none", async () => {
  await using echo = new Echo();
  await echo.proxy.setBandwidth(100, "requests");
  using connection = await echo.connect();
  const took = await timed(async () => {
    await connection.write(new Uint8Array(40_000));
    await read(connection, 40_000);
  });
  assert.ok(took >= 350, `40 kB took ${took} ms at 100 kB/s`);
});

Deno.test("setLatency() delays the data once when setBandwidth() is also set", async () => {
  await using echo = new Echo();
  await echo.proxy.setLatency(500, "requests");
  await echo.proxy.setBandwidth(200, "requests");
  using connection = await echo.connect();
  const took = await timed(async () => {
    await connection.write(new Uint8Array(40_000));
    await read(connection, 40_000);
  });
  // Ten reads.
  assert.ok(took >= 650 && took < 10 * 500, `40 kB took ${took} ms at 200 kB/s and 500 ms`);
});

Deno.test("discard() discards responses while requests arrive, and restore() closes the connections that lost data", async () => {
  await using echo = new Echo();
  using connection = await echo.connect();
  using untouched = await echo.connect();
  await echo.proxy.discard("responses");
  await connection.write(new Uint8Array(5));
  await waitUntil("the response to be discarded", () => echo.proxy.discardedBytes === 5);
  assert.equal(echo.received, 5);
  await echo.proxy.restore();
  assert.ok(await isClosed(connection), "the connection is open although it lost data");
  await untouched.write(Uint8Array.of(7));
  assert.deepEqual(await read(untouched, 1), [7]);
});

Deno.test("discard() discards requests before they arrive", async () => {
  await using echo = new Echo();
  using connection = await echo.connect();
  await echo.proxy.discard("requests");
  await connection.write(new Uint8Array(5));
  await waitUntil("the request to be discarded", () => echo.proxy.discardedBytes === 5);
  await echo.proxy.cut();
  assert.ok(await isClosed(connection));
  assert.equal(echo.received, 0);
});

Deno.test("cut() closes the connections and accepts new ones", async () => {
  await using echo = new Echo();
  using connection = await echo.connect();
  await connection.write(Uint8Array.of(1));
  await read(connection, 1);
  await echo.proxy.cut();
  assert.ok(await isClosed(connection));
  using next = await echo.connect();
  await next.write(Uint8Array.of(2));
  assert.deepEqual(await read(next, 1), [2]);
});

Deno.test("refuse() refuses connections until restore()", async () => {
  await using echo = new Echo();
  using connection = await echo.connect();
  await echo.proxy.refuse();
  assert.ok(await isClosed(connection));
  await assert.rejects(echo.connect(), Deno.errors.ConnectionRefused);
  await echo.proxy.restore();
  using next = await echo.connect();
  await next.write(Uint8Array.of(2));
  assert.deepEqual(await read(next, 1), [2]);
});
