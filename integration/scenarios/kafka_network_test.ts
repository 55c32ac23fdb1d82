import assert from "assert";
import { type Scenario, scenario } from "../harness/scenario.ts";
import { assertSentOnce } from "../harness/sent_once.ts";
import type { TestService } from "../harness/service.ts";
import { groupMembers, writtenRecords } from "../harness/topic.ts";
import { delay, waitUntil } from "../harness/wait.ts";

/** One of a service's metrics; all its samples together. */
const metric = async (service: TestService, name: string, labels: Record<string, string> = {}) =>
  (await service.metrics()).sum(name, labels);

/** Throws when one of them has ended. */
const alive = (...services: TestService[]) => ({
  unless: () => services.forEach((service) => service.assertRunning()),
});

scenario({
  name: "producer loses and doubles nothing when its link to Kafka is cut in mid-produce",
  failure:
    "The producer's link cut while batches are under way, some of them stored with their answers lost; again and again",
  result: "It sends them again, and Kafka knows those that it has: each record is in the topic once",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("kafka");
  const consumer = await s.startConsumer();
  const load = await s.startLoad(0, settings);
  let repeated = 0;
  for (let round = 0; round < 6; round++) {
    await s.waitForRows([consumer, load]);
    await delay(s.random.between(0, 300));
    if (round % 2 === 0) {
      await proxy.swallow("answers");
      // Stored, and the producer does not know it.
      repeated += await waitUntil("records whose answers are lost", async () => {
        const written = await writtenRecords(s.kafka.bootstrapServers, s.topic());
        const sent = await metric(load, "producer_records_sent_total");
        return written - sent > 0 && written - sent;
      }, alive(load));
    } else {
      await proxy.refuse();
      await load.waitForReady(false);
    }
    await proxy.restore();
  }
  s.log(`answers for at least ${repeated} records lost`);
  await s.waitForRows([consumer, load]);
  const count = await s.stopProducer(load);
  const { content } = await s.reconcile(alive(consumer));
  assertSentOnce(content, count);
});

scenario({
  name: "consumer stores every record once when its link to Kafka is cut in mid-fetch",
  failure:
    "The consumer's link so slow that an answer is always under way, and cut in the middle of one, again and again",
  result: "What has not come whole is fetched again; nothing missing, nothing doubled",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("kafka");
  const load = await s.startLoad(0);
  // An answer of a megabyte takes four seconds then.
  const consumer = await s.startConsumer({ ...settings, CONSUMER_FETCH_BYTES: 1_000_000 });
  for (let round = 0; round < 4; round++) {
    await s.waitForRows([consumer, load]);
    await proxy.bandwidth(250, "answers");
    const backlog = async () => await writtenRecords(s.kafka.bootstrapServers, s.topic()) - await progress(s);
    await waitUntil(
      "a backlog of more than an answer",
      async () => await backlog() > 20_000,
      alive(consumer, load),
    );
    await delay(s.random.between(0, 1_000));
    await proxy.refuse();
    await consumer.waitForReady(false);
    await proxy.restore();
  }
  await s.waitForRows([consumer, load]);
  await s.stopProducer(load);
  await s.reconcile(alive(consumer));
});

scenario({
  name: "producer and consumer go on with bounded memory when their links to Kafka are slow",
  failure: "Links with 100 ms more on the way, each way, and a fifth of the bandwidth that the load takes",
  result:
    "The producer makes no more than it may keep, the consumer stays in its group; nothing missing, nothing doubled",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("kafka");
  const most = 5_000;
  const load = await s.startLoad(0, { ...settings, PRODUCER_BUFFER_RECORDS: most });
  // It hears from its group between two fetches, so that one has to take less than the session time-out.
  const consumer = await s.startConsumer({
    ...settings,
    CONSUMER_FETCH_BYTES: 200_000,
    CONSUMER_SESSION_TIMEOUT_MS: 10_000,
  });
  await s.waitForRows([consumer, load]);
  const rebalances = await metric(consumer, "consumer_rebalances_total");
  await proxy.latency(100);
  await proxy.bandwidth(100);
  const sent = () => metric(load, "producer_records_sent_total");
  const generated = () => metric(load, "producer_records_generated_total");
  await waitUntil("the producer's buffer to be full", async () => {
    return await metric(load, "producer_buffer_records") > 0.9 * most;
  }, alive(load, consumer));
  const before = await sent(), stored = await s.countRows(), start = performance.now();
  await waitUntil(
    "records to be sent all the same",
    async () => await sent() > before + 2 * most,
    alive(load),
  );
  await waitUntil(
    "records to be stored all the same",
    async () => await s.countRows() > stored + 1_000,
    alive(consumer),
  );
  const rate = (await sent() - before) / ((performance.now() - start) / 1_000);
  assert(rate < 4_000, `${rate} records/s went through: the link was not slow`);
  const made = await generated();
  assert(made - await sent() <= most, "more was made than may be kept");
  assert.equal(await metric(consumer, "consumer_rebalances_total"), rebalances, "it was out of its group");
  await proxy.restore();
  await s.waitForRows([consumer, load]);
  const count = await s.stopProducer(load);
  const { content } = await s.reconcile(alive(consumer));
  assertSentOnce(content, count);
});

scenario({
  name: "producer and consumer go on when the leader of all partitions can't be reached for a while",
  failure:
    "The leader, which is up, refuses connections or swallows requests, for longer than the session time-out",
  result:
    "Both wait, not ready; the group does without the consumer; then both go on, and nothing is missing or doubled",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("kafka");
  const { bootstrapServers } = s.kafka;
  const short = { ...settings, KAFKA_REQUEST_TIMEOUT_MS: 3_000, KAFKA_CONNECTION_TIMEOUT_MS: 2_000 };
  const load = await s.startLoad(0, short);
  const consumer = await s.startConsumer({ ...short, CONSUMER_SESSION_TIMEOUT_MS: 3_000 });
  const faults = [() => proxy.refuse(), () => proxy.swallow("requests")];
  for (const unreachable of faults) {
    await s.waitForRows([consumer, load]);
    assert.equal(await groupMembers(bootstrapServers, s.group), 1);
    await unreachable();
    await load.waitForReady(false);
    await consumer.waitForReady(false);
    await waitUntil(
      "the group to do without it",
      async () => await groupMembers(bootstrapServers, s.group) === 0,
    );
    await delay(s.random.between(0, 1_000));
    await proxy.restore();
    await consumer.waitForReady();
    await load.waitForReady();
  }
  await s.waitForRows([consumer, load]);
  const count = await s.stopProducer(load);
  const { content } = await s.reconcile(alive(consumer));
  assertSentOnce(content, count);
});

/** The consumer's progress, all partitions together. */
async function progress(s: Scenario): Promise<number> {
  return await s.database.number("SELECT coalesce(sum(next_offset), 0) FROM consumer_progress");
}
