import assert from "assert";
import { TcpProxy } from "./tcp_proxy.ts";
import { waitUntil } from "./wait.ts";

/** A server that sends back what it gets, and a proxy in front of it. */
class Echo implements AsyncDisposable {
  /** Bytes that the server got. */
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

/** What comes back, until so many bytes are there. */
async function read(connection: Deno.TcpConn, count: number): Promise<number[]> {
  const received: number[] = [];
  const buffer = new Uint8Array(65_536);
  while (received.length < count) {
    const size = await connection.read(buffer);
    if (size === null) throw new Error(`It ended after ${received.length} bytes`);
    received.push(...buffer.subarray(0, size));
  }
  return received;
}

/** Waits until the other side has ended a connection, in whichever way. */
async function ended(connection: Deno.TcpConn): Promise<boolean> {
  return await connection.read(new Uint8Array(1)).catch(() => null) === null;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

Deno.test("latency() hands bytes on in order, each after the delay, many under way at a time", async () => {
  await using echo = new Echo();
  await echo.proxy.latency(100);
  using connection = await echo.connect();
  const sent = Uint8Array.from({ length: 10 }, (_, n) => n);
  const took = await timed(async () => {
    for (const byte of sent) await connection.write(Uint8Array.of(byte));
    assert.deepEqual(await read(connection, sent.length), [...sent]);
  });
  assert.ok(took >= 195, `it took ${took} ms`);
  assert.ok(took < 10 * 200, `ten bytes took ${took} ms: one waited for another`);
});

Deno.test("latency() delays one direction only when it is given one", async () => {
  await using echo = new Echo();
  await echo.proxy.latency(1_000, "answers");
  using connection = await echo.connect();
  await connection.write(Uint8Array.of(1));
  const arrived = timed(() =>
    waitUntil("the request to arrive", () => echo.received === 1, { pollIntervalMs: 5 })
  );
  const answered = timed(() => read(connection, 1));
  const took = [await arrived, await answered] as const;
  assert.ok(took[0] < 900 && took[1] >= 995, `the request took ${took[0]} ms, with its answer ${took[1]}`);
});

Deno.test("bandwidth() hands on no more bytes a second than it is told, and all of them", async () => {
  await using echo = new Echo();
  await echo.proxy.bandwidth(100, "requests");
  using connection = await echo.connect();
  const took = await timed(async () => {
    await connection.write(new Uint8Array(40_000));
    await read(connection, 40_000);
  });
  assert.ok(took >= 350, `40 kB took ${took} ms at 100 kB/s`);
});

Deno.test("latency() adds nothing to bandwidth()'s time for each piece when both are asked for", async () => {
  await using echo = new Echo();
  await echo.proxy.latency(500, "requests");
  await echo.proxy.bandwidth(200, "requests");
  using connection = await echo.connect();
  const took = await timed(async () => {
    await connection.write(new Uint8Array(40_000));
    await read(connection, 40_000);
  });
  // Ten pieces.
  assert.ok(took >= 650 && took < 10 * 500, `40 kB took ${took} ms at 200 kB/s and 500 ms`);
});

Deno.test("swallow() lets the answers vanish while requests arrive, and restore() cuts what is incomplete", async () => {
  await using echo = new Echo();
  using connection = await echo.connect();
  using untouched = await echo.connect();
  await echo.proxy.swallow("answers");
  await connection.write(new Uint8Array(5));
  await waitUntil("the answer to vanish", () => echo.proxy.swallowed === 5);
  assert.equal(echo.received, 5);
  await echo.proxy.restore();
  assert.ok(await ended(connection), "it goes on although bytes are missing");
  await untouched.write(Uint8Array.of(7));
  assert.deepEqual(await read(untouched, 1), [7]);
});

Deno.test("swallow() lets the requests vanish before they arrive", async () => {
  await using echo = new Echo();
  using connection = await echo.connect();
  await echo.proxy.swallow("requests");
  await connection.write(new Uint8Array(5));
  await waitUntil("the request to vanish", () => echo.proxy.swallowed === 5);
  await echo.proxy.cut();
  assert.ok(await ended(connection));
  assert.equal(echo.received, 0);
});

Deno.test("cut() ends the connections that there are and lets new ones in", async () => {
  await using echo = new Echo();
  using connection = await echo.connect();
  await connection.write(Uint8Array.of(1));
  await read(connection, 1);
  await echo.proxy.cut();
  assert.ok(await ended(connection));
  using next = await echo.connect();
  await next.write(Uint8Array.of(2));
  assert.deepEqual(await read(next, 1), [2]);
});

Deno.test("refuse() lets nobody in until restore()", async () => {
  await using echo = new Echo();
  using connection = await echo.connect();
  await echo.proxy.refuse();
  assert.ok(await ended(connection));
  await assert.rejects(echo.connect(), Deno.errors.ConnectionRefused);
  await echo.proxy.restore();
  using next = await echo.connect();
  await next.write(Uint8Array.of(2));
  assert.deepEqual(await read(next, 1), [2]);
});
