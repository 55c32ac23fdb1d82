import assert from "assert";
import type pg from "pg";
import { BusyError, CONCURRENT_SEARCHES, SearchPool } from "./search_pool.ts";

/** A pool whose connections record the maximum number of concurrent searches. */
function createPool() {
  const state = { running: 0, maxRunning: 0 };
  const connection = () => {
    let busy = false;
    return {
      async run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
        assert.equal(busy, false, "two searches on one connection");
        busy = true;
        state.maxRunning = Math.max(state.maxRunning, ++state.running);
        try {
          return await work({} as pg.Client);
        } finally {
          busy = false;
          state.running--;
        }
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };
  return { pool: new SearchPool(Array.from({ length: CONCURRENT_SEARCHES }, connection)), state };
}

Deno.test("SearchPool.run() runs two searches at a time, queues some, and rejects the rest when there are many", async () => {
  const { pool, state } = createPool();
  const gate = Promise.withResolvers<void>();
  const order: number[] = [];
  const results = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
    if (i === 39) setTimeout(() => gate.resolve(), 20);
    try {
      return await pool.run(async () => {
        await gate.promise;
        order.push(i);
        return i;
      });
    } catch (error) {
      assert.ok(error instanceof BusyError);
      return "busy";
    }
  }));
  assert.equal(state.maxRunning, 2);
  assert.deepEqual(order, Array.from({ length: 22 }, (_, i) => i));
  assert.deepEqual(results, [...order, ...Array<string>(18).fill("busy")]);
  // Rejected searches do not occupy a connection.
  assert.equal(await pool.run(() => Promise.resolve("again")), "again");
});

Deno.test("SearchPool.run() passes the connection to the next search when one fails", async () => {
  const { pool, state } = createPool();
  const results = await Promise.allSettled(
    Array.from(
      { length: 6 },
      (_, i) => pool.run(() => i % 2 === 0 ? Promise.reject(new Error(`${i}`)) : Promise.resolve(i)),
    ),
  );
  assert.deepEqual(results.map(({ status }) => status === "fulfilled"), [
    false,
    true,
    false,
    true,
    false,
    true,
  ]);
  assert.equal(state.running, 0);
});

Deno.test("SearchPool.run() rejects a search when it waits too long, and runs the next", async () => {
  const { pool } = createPool();
  const gate = Promise.withResolvers<void>();
  const held = Array.from({ length: CONCURRENT_SEARCHES }, () => pool.run(() => gate.promise));
  const started = performance.now();
  await assert.rejects(pool.run(() => Promise.resolve()), BusyError);
  assert.ok(performance.now() - started > 4_500);
  const next = pool.run(() => Promise.resolve("next"));
  gate.resolve();
  await Promise.all(held);
  assert.equal(await next, "next");
});
