import assert from "assert";
import type pg from "pg";
import { contextOf } from "./context_fixture.ts";
import { checkSasl } from "./kafka/login.ts";
import { checkKafkaRoundTrip } from "./kafka/timing.ts";
import { checkPostgresClock, checkPostgresRoundTrip } from "./postgres/timing.ts";
import { startBroker } from "./server_fixture.ts";
import { checkClock, ROUND_TRIP_MAX_MS } from "./timing.ts";

Deno.test("checkClock() fails when clocks differ by more than the round trip and two seconds", () => {
  const now = 1_700_000_000_000;
  assert.equal(checkClock("PostgreSQL", now + 50, now, now + 100).mark, "ok");
  const behind = checkClock("PostgreSQL", now + 60_050, now, now + 100);
  assert.deepEqual(
    [behind.mark, behind.message],
    ["failed", "this machine's clock is 60 s behind that of PostgreSQL"],
  );
  const ahead = checkClock("PostgreSQL", now - 3_000, now, now);
  assert.match(ahead.message, /3\.00 s ahead of/);
  // The answer may have been given at any time while it was waited for.
  assert.equal(checkClock("PostgreSQL", now + 4_500, now, now + 6_000).mark, "ok");
});

Deno.test("checkKafkaRoundTrip() fails when the round trip is slow", async () => {
  const check = async (delayMs: number) => {
    await using broker = await startBroker({ delayMs });
    await using context = await contextOf({
      KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${broker.port}`,
      KAFKA_REQUEST_TIMEOUT_MS: 5_000,
      KAFKA_CONNECTION_TIMEOUT_MS: 5_000,
    });
    context.set("servers", [{ host: "127.0.0.1", port: broker.port }]);
    await checkSasl(context);
    return await checkKafkaRoundTrip(context);
  };
  const [far, near] = await Promise.all([check(ROUND_TRIP_MAX_MS + 10), check(0)]);
  assert.equal(far.mark, "failed");
  assert.match(`${far.message} ${far.remedy}`, /5\d\d ms \(limit 500 ms\).*cloud region/);
  assert.equal(near.mark, "ok");
});

/** A context whose connection to PostgreSQL answers with `rows`, after some time. */
async function withDatabase(rows: unknown[], delayMs: number, now: () => number = Date.now) {
  const context = await contextOf({}, now);
  context.set("client", {
    query: () => new Promise((resolve) => setTimeout(() => resolve({ rows }), delayMs)),
  } as unknown as pg.Client);
  context.set("session", { isPooled: false, searchPath: "public", version: 180_000 });
  return context;
}

Deno.test("checkPostgresClock() fails when PostgreSQL's clock differs", async () => {
  await using context = await withDatabase([{ now: 1_700_000_010_000 }], 0, () => 1_700_000_000_000);
  const outcome = await checkPostgresClock(context);
  assert.equal(outcome.mark, "failed");
  assert.match(outcome.message, /10 s behind that of PostgreSQL/);
});

Deno.test("checkPostgresRoundTrip() fails when the round trip is slow", async () => {
  await using context = await withDatabase([], ROUND_TRIP_MAX_MS + 10);
  const outcome = await checkPostgresRoundTrip(context);
  assert.equal(outcome.mark, "failed");
  assert.match(outcome.remedy!, /cloud region of the database/);
});
