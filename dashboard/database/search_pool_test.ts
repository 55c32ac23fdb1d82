import assert from "assert";
import type pg from "pg";
import { BusyError, CONCURRENT_SEARCHES, SearchPool } from "./search_pool.ts";

/** Connections that say which of them works, and how many do at most. */
function connections() {
  const state = { running: 0, most: 0 };
  const connection = () => {
    let busy = false;
    return {
      async run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
        assert.equal(busy, false, "two searches on one connection");
        busy = true;
        state.most = Math.max(state.most, ++state.running);
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

Deno.test("SearchPool.run() runs two searches at a time, lets some wait in order, and refuses the rest", async () => {
  const { pool, state } = connections();
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
  assert.equal(state.most, 2);
  assert.deepEqual(order, Array.from({ length: 22 }, (_, i) => i));
  assert.deepEqual(results, [...order, ...Array<string>(18).fill("busy")]);
  // What was refused took no connection.
  assert.equal(await pool.run(() => Promise.resolve("again")), "again");
});

Deno.test("SearchPool.run() gives a connection to the next search when one fails", async () => {
  const { pool, state } = connections();
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

Deno.test("SearchPool.run() refuses a search that waits too long, and serves the next", async () => {
  const { pool } = connections();
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
