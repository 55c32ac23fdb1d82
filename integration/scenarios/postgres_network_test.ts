import assert from "assert";
import { sumProgress } from "../harness/postgres_faults.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import type { TestService } from "../harness/service.ts";
import { delay, waitUntil } from "../harness/wait.ts";

scenario({
  name: "consumer keeps its partitions and resumes when PostgreSQL refuses connections for a while",
  failure: "Connections to PostgreSQL are cut and refused for 20 s, more than three session timeouts",
  result: "The consumer waits, not ready, and keeps its partitions; then it resumes",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("postgres");
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer(settings);
  await s.waitForRows([consumer, load]);
  const rebalances = async () => (await consumer.metrics()).sum("consumer_rebalances_total");
  const before = await rebalances();
  await proxy.refuse();
  await consumer.waitForReady(false);
  await delay(20_000);
  const retries = (await consumer.metrics()).sum("consumer_retries_total", { server: "postgresql" });
  assert(retries >= 5, `${retries} retries in 20 s`);
  await proxy.restore();
  await consumer.waitForReady();
  await s.waitForRows([consumer, load]);
  assert.equal(await rebalances(), before, "the consumer lost its partitions");
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

scenario({
  name: "consumer reduces the size of its transactions when the connection to PostgreSQL is slow",
  failure:
    "A connection to PostgreSQL with 100 ms of latency and 64 KB/s: the queued records take longer than the transaction timeout",
  result: "The consumer splits transactions that time out, and stores every record",
}, async (s) => {
  await s.produce(10_000);
  const { proxy, settings } = await s.openProxy("postgres");
  await proxy.setLatency(100);
  await proxy.setBandwidth(64);
  const consumer = await s.startConsumer({ ...settings, CONSUMER_TRANSACTION_TIMEOUT_MS: 3_000 });
  await s.reconcile({ unless: () => consumer.assertRunning(), timeoutMs: 180_000 });
  const timedOut = (await consumer.metrics()).sum("consumer_transactions_total", { outcome: "timed_out" });
  assert(timedOut > 0, "no transaction timed out");
});

scenario({
  name: "consumer stores every record once when the response to a COMMIT is lost",
  failure: "The connection breaks after a transaction arrived and before its response does",
  result: "The consumer detects at the fence that the transaction was committed, and does not store it again",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("postgres");
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer(settings);
  for (let time = 0; time < 3; time++) {
    await s.waitForRows([consumer, load]);
    await delay(s.random.between(0, 300));
    await proxy.discard("responses");
    await waitUntil("a commit whose response is lost", async () => {
      // In this order, so that responses in between do not count.
      const before = await confirmedOffsets(consumer);
      return before < await sumProgress(s.database) && await isIdle(s) &&
        before === await confirmedOffsets(consumer);
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
  name: "consumer stores every record once when a transaction does not arrive",
  failure: "The connection breaks before a transaction arrives, and in the middle of one",
  result: "Nothing of it is stored; it is sent again and stored once",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("postgres");
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer(settings);
  for (let time = 0; time < 3; time++) {
    await s.waitForRows([consumer, load]);
    await proxy.discard("requests");
    await waitUntil("the consumer to wait for a response", async () => {
      return (await consumer.metrics()).sum("consumer_buffer_bytes") > 0 && await isIdle(s);
    }, { unless: () => consumer.assertRunning() });
    assert.equal(
      await confirmedOffsets(consumer),
      await sumProgress(s.database),
      "a transaction was committed",
    );
    await proxy.cut();
    await proxy.restore();

    await s.waitForRows([consumer, load]);
    await proxy.setBandwidth(64, "requests");
    await waitUntil("a COPY in progress", async () =>
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
  name: "consumer reconnects when PostgreSQL stops responding",
  failure: "PostgreSQL's responses are lost without a FIN or RST",
  result:
    "After the transaction timeout and 10 s the consumer closes the connection and resumes on another one",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("postgres");
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer({ ...settings, CONSUMER_TRANSACTION_TIMEOUT_MS: 2_000 });
  await s.waitForRows([consumer, load]);
  await proxy.discard("responses");
  assert.match(await consumer.waitForLog(/"event":"server_unavailable"/, 40_000), /no response for 12 s/);
  await proxy.restore();
  await s.waitForRows([consumer, load]);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

/** Number of offsets whose commit the consumer has confirmed; each offset is a record here. */
async function confirmedOffsets(consumer: TestService): Promise<number> {
  return (await consumer.metrics()).sum("consumer_records_total");
}

/** Whether progress does not advance for 500 ms. */
async function isIdle(s: ScenarioContext): Promise<boolean> {
  const before = await sumProgress(s.database);
  await delay(500);
  return await sumProgress(s.database) === before;
}
