import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { assertSentOnce } from "../harness/sent_once.ts";
import type { TestService } from "../harness/service.ts";
import { countGroupMembers, countWrittenRecords } from "../harness/topic.ts";
import { delay, waitUntil } from "../harness/wait.ts";

/** Sum of a metric's samples. */
const metric = async (service: TestService, name: string, labels: Record<string, string> = {}) =>
  (await service.metrics()).sum(name, labels);

/** Stops waiting when one of the services exits. */
const whileRunning = (...services: TestService[]) => ({
  unless: () => services.forEach((service) => service.assertRunning()),
});

scenario({
  name:
    "producer neither loses nor duplicates records when its connection to Kafka breaks during Produce requests",
  failure:
    "The producer's connection breaks repeatedly while requests are in flight; some batches are stored, but their responses are lost",
  result: "The producer sends them again and Kafka discards the duplicates: each record is in the topic once",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("kafka");
  const consumer = await s.startConsumer();
  const load = await s.startLoad(0, settings);
  let unacknowledged = 0;
  for (let round = 0; round < 6; round++) {
    await s.waitForRows([consumer, load]);
    await delay(s.random.between(0, 300));
    if (round % 2 === 0) {
      await proxy.discard("responses");
      // Stored, but not acknowledged.
      unacknowledged += await waitUntil("records whose acknowledgements are lost", async () => {
        const written = await countWrittenRecords(s.kafka.bootstrapServers, s.topic());
        const sent = await metric(load, "producer_records_sent_total");
        return written - sent > 0 && written - sent;
      }, whileRunning(load));
    } else {
      await proxy.refuse();
      await load.waitForReady(false);
    }
    await proxy.restore();
  }
  s.log(`acknowledgements of at least ${unacknowledged} records lost`);
  await s.waitForRows([consumer, load]);
  const count = await s.stopProducer(load);
  const { content } = await s.reconcile(whileRunning(consumer));
  assertSentOnce(content, count);
});

scenario({
  name: "consumer stores every record once when its connection to Kafka breaks during Fetch responses",
  failure:
    "The consumer's connection is so slow that a response is always in transit, and breaks repeatedly in the middle of one",
  result: "Incomplete responses are fetched again; every record is stored exactly once",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("kafka");
  const load = await s.startLoad(0);
  // At 250 KB/s a response of 1 MB takes 4 s.
  const consumer = await s.startConsumer({ ...settings, CONSUMER_FETCH_BYTES: 1_000_000 });
  for (let round = 0; round < 3; round++) {
    await s.waitForRows([consumer, load]);
    await proxy.setBandwidth(250, "responses");
    const backlog = async () =>
      await countWrittenRecords(s.kafka.bootstrapServers, s.topic()) - await progress(s);
    await waitUntil(
      "a backlog larger than a response",
      async () => await backlog() > 20_000,
      whileRunning(consumer, load),
    );
    await delay(s.random.between(0, 1_000));
    await proxy.refuse();
    await consumer.waitForReady(false);
    await proxy.restore();
  }
  await s.waitForRows([consumer, load]);
  await s.stopProducer(load);
  await s.reconcile(whileRunning(consumer));
});

scenario({
  name: "producer and consumer work with bounded memory when their connections to Kafka are slow",
  failure:
    "Connections with 100 ms of latency in each direction and a fifth of the bandwidth that the load needs",
  result:
    "The producer buffers no more than its limit, the consumer stays in its group; every record is stored exactly once",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("kafka");
  const bufferMax = 5_000;
  const load = await s.startLoad(0, { ...settings, PRODUCER_BUFFER_RECORDS: bufferMax });
  const consumer = await s.startConsumer({
    ...settings,
    CONSUMER_FETCH_BYTES: 200_000,
    CONSUMER_SESSION_TIMEOUT_MS: 10_000,
  });
  await s.waitForRows([consumer, load]);
  const rebalances = await metric(consumer, "consumer_rebalances_total");
  await proxy.setLatency(100);
  await proxy.setBandwidth(100);
  const sent = () => metric(load, "producer_records_sent_total");
  const generated = () => metric(load, "producer_records_generated_total");
  await waitUntil("the producer's buffer to be full", async () => {
    return await metric(load, "producer_buffer_records") > 0.9 * bufferMax;
  }, whileRunning(load, consumer));
  const before = await sent(), stored = await s.countRows(), start = performance.now();
  await waitUntil(
    "more records to be sent",
    async () => await sent() > before + 2 * bufferMax,
    whileRunning(load),
  );
  await waitUntil(
    "more records to be stored",
    async () => await s.countRows() > stored + 1_000,
    whileRunning(consumer),
  );
  const rate = (await sent() - before) / ((performance.now() - start) / 1_000);
  assert(rate < 4_000, `${rate} records/s: the connection was not slow`);
  const generatedCount = await generated();
  assert(generatedCount - await sent() <= bufferMax, "the producer buffered more records than its limit");
  assert.equal(
    await metric(consumer, "consumer_rebalances_total"),
    rebalances,
    "the consumer left its group",
  );
  await proxy.restore();
  await s.waitForRows([consumer, load]);
  const count = await s.stopProducer(load);
  const { content } = await s.reconcile(whileRunning(consumer));
  assertSentOnce(content, count);
});

scenario({
  name: "producer and consumer resume when the leader of all partitions is unreachable for a while",
  failure:
    "The leader is up, but refuses connections or does not receive requests for longer than the session timeout",
  result:
    "Both wait, not ready, and the group removes the consumer; then both resume, and every record is stored exactly once",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("kafka");
  const { bootstrapServers } = s.kafka;
  const short = { ...settings, KAFKA_REQUEST_TIMEOUT_MS: 3_000, KAFKA_CONNECTION_TIMEOUT_MS: 2_000 };
  const load = await s.startLoad(0, short);
  const consumer = await s.startConsumer({ ...short, CONSUMER_SESSION_TIMEOUT_MS: 3_000 });
  const faults = [() => proxy.refuse(), () => proxy.discard("requests")];
  for (const unreachable of faults) {
    await s.waitForRows([consumer, load]);
    assert.equal(await countGroupMembers(bootstrapServers, s.group), 1);
    await unreachable();
    await load.waitForReady(false);
    await consumer.waitForReady(false);
    await waitUntil(
      "the consumer to be removed from the group",
      async () => await countGroupMembers(bootstrapServers, s.group) === 0,
    );
    await delay(s.random.between(0, 1_000));
    await proxy.restore();
    await consumer.waitForReady();
    await load.waitForReady();
  }
  await s.waitForRows([consumer, load]);
  const count = await s.stopProducer(load);
  const { content } = await s.reconcile(whileRunning(consumer));
  assertSentOnce(content, count);
});

/** Sum of the consumer's offsets. */
async function progress(s: ScenarioContext): Promise<number> {
  return await s.database.number("SELECT coalesce(sum(next_offset), 0) FROM consumer_progress");
}
