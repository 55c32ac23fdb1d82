import assert from "assert";
import { progressSum } from "../harness/postgres_faults.ts";
import { type Scenario, scenario } from "../harness/scenario.ts";
import type { TestService } from "../harness/service.ts";
import { delay, waitUntil } from "../harness/wait.ts";

scenario({
  name: "consumer keeps its partitions and goes on when PostgreSQL refuses connections for a while",
  failure: "Connections to PostgreSQL cut and refused for a minute, ten times the session time-out",
  result: "The consumer waits, not ready, and keeps its partitions; then it goes on",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("postgres");
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer(settings);
  await s.waitForRows([consumer, load]);
  const rebalances = async () => (await consumer.metrics()).sum("consumer_rebalances_total");
  const before = await rebalances();
  await proxy.refuse();
  await consumer.waitForReady(false);
  await delay(60_000);
  const retries = (await consumer.metrics()).sum("consumer_retries_total", { server: "postgresql" });
  assert(retries >= 10, `it tried ${retries} times in a minute`);
  await proxy.restore();
  await consumer.waitForReady();
  await s.waitForRows([consumer, load]);
  assert.equal(await rebalances(), before, "it lost its partitions");
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

scenario({
  name: "consumer makes transactions as small as they have to be when the link to PostgreSQL is slow",
  failure:
    "A link to PostgreSQL of 100 ms and 64 KB/s, over which what waits takes longer than a transaction may",
  result: "It halves what is too much for one transaction, and stores it all",
}, async (s) => {
  await s.produce(20_000);
  const { proxy, settings } = await s.openProxy("postgres");
  await proxy.latency(100);
  await proxy.bandwidth(64);
  const consumer = await s.startConsumer({ ...settings, CONSUMER_TRANSACTION_TIMEOUT_MS: 6_000 });
  await s.reconcile({ unless: () => consumer.assertRunning(), timeoutMs: 180_000 });
  const tooLong = (await consumer.metrics()).sum("consumer_transactions_total", { outcome: "timed_out" });
  assert(tooLong > 0, "no transaction was too long");
});

scenario({
  name: "consumer stores every record once when the answer to a COMMIT never comes",
  failure: "The link cut after a transaction arrived and before its answer did",
  result: "Committed without the consumer having heard of it: found out at the fence, and not stored again",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("postgres");
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer(settings);
  for (let time = 0; time < 3; time++) {
    await s.waitForRows([consumer, load]);
    await delay(s.random.between(0, 300));
    await proxy.swallow("answers");
    await waitUntil("a commit that the consumer has not heard of", async () => {
      // In this order: what it hears of meanwhile must not count.
      const heardOf = await heard(consumer);
      return heardOf < await progressSum(s.database) && await stands(s) && heardOf === await heard(consumer);
    }, { unless: () => consumer.assertRunning() });
    await proxy.cut();
    await proxy.restore();
  }
  await s.waitForRows([consumer, load]);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
  assert.equal((await consumer.metrics()).sum("consumer_transactions_total", { outcome: "fenced" }), 0);
});

scenario({
  name: "consumer stores every record once when a transaction never arrives",
  failure: "The link cut before a transaction arrived, and in the middle of one",
  result: "Nothing of it is stored; sent again, it is stored once",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("postgres");
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer(settings);
  for (let time = 0; time < 3; time++) {
    await s.waitForRows([consumer, load]);
    await proxy.swallow("requests");
    await waitUntil("the consumer to wait for an answer", async () => {
      return (await consumer.metrics()).sum("consumer_buffer_bytes") > 0 && await stands(s);
    }, { unless: () => consumer.assertRunning() });
    assert.equal(await heard(consumer), await progressSum(s.database), "something was committed");
    await proxy.cut();
    await proxy.restore();

    await s.waitForRows([consumer, load]);
    await proxy.bandwidth(64, "requests");
    await waitUntil("a COPY under way", async () =>
      await s.database.number(
        `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
           AND query LIKE '%COPY%' AND wait_event = 'ClientRead'`,
      ) > 0, { unless: () => consumer.assertRunning(), pollIntervalMs: 10 });
    await proxy.cut();
    await proxy.restore();
  }
  await s.waitForRows([consumer, load]);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

scenario({
  name: "consumer notices by itself when PostgreSQL falls silent",
  failure: "Answers of PostgreSQL vanish, and nothing says that the connection is gone",
  result:
    "After the time of a transaction and 10 s the consumer takes the connection for lost, and goes on with another",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("postgres");
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer({ ...settings, CONSUMER_TRANSACTION_TIMEOUT_MS: 2_000 });
  await s.waitForRows([consumer, load]);
  await proxy.swallow("answers");
  assert.match(await consumer.waitForLog(/"event":"server_away"/, 40_000), /no answer for 12 s/);
  await proxy.restore();
  await s.waitForRows([consumer, load]);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

/** Offsets that the consumer knows to be stored: each is a record here. */
async function heard(consumer: TestService): Promise<number> {
  return (await consumer.metrics()).sum("consumer_records_total");
}

/** Whether progress does not move: nothing is under way any more. */
async function stands(s: Scenario): Promise<boolean> {
  const before = await progressSum(s.database);
  await delay(500);
  return await progressSum(s.database) === before;
}
