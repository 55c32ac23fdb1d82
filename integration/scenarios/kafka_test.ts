import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import type { Metrics } from "../harness/metrics.ts";
import { assertSentOnce } from "../harness/sent_once.ts";
import type { TestService } from "../harness/service.ts";
import { countWrittenRecords, createTopic, readPartitionStates } from "../harness/topic.ts";
import { delay, waitUntil } from "../harness/wait.ts";

scenario({
  name:
    "producer and consumer neither lose nor duplicate records when the broker is killed and restarted under load",
  failure:
    "Kafka is killed (SIGKILL) and restarted under load, after it stored records whose acknowledgements were lost",
  result: "Both wait and resume; every generated record is in the topic once and in its table once",
  restartsServers: true,
}, async (s) => {
  const consumer = await s.startConsumer();
  const { proxy, settings } = await s.openProxy("kafka");
  const load = await s.startLoad(0, settings);
  for (const end of ["kill", "stop"] as const) {
    await s.waitForRows([consumer, load]);
    await delay(s.random.between(0, 500));
    const sent = async () => (await load.metrics()).sum("producer_records_sent_total");
    // The producer sends these again; the restarted broker must detect the duplicates.
    await proxy.discard("responses");
    await waitUntil("records whose acknowledgements are lost", async () => {
      return await countWrittenRecords(s.kafka.bootstrapServers, s.topic()) > await sent();
    }, { unless: () => load.assertRunning() });
    const before = await sent();
    // Before the broker stops, because Toxiproxy does not close a connection whose server is gone.
    await proxy.refuse();
    await s.kafka[end]();
    await load.waitForReady(false);
    await consumer.waitForReady(false);
    await delay(s.random.between(0, 1_000));
    await s.kafka.start();
    await proxy.restore();
    await waitUntil("the producer to send more records", async () => await sent() > before, {
      unless: () => load.assertRunning(),
    });
  }
  await s.waitForRows([consumer, load]);
  const count = await s.stopProducer(load);
  const { content } = await s.reconcile({ unless: () => consumer.assertRunning() });
  assertSentOnce(content, count);
});

scenario({
  name:
    "producer and consumer neither lose nor duplicate records when each of three brokers is killed and restarted in turn",
  failure: "Three brokers, `min.insync.replicas=2`; each is killed (SIGKILL) and restarted in turn",
  result:
    "The other brokers take over its partitions and records keep flowing; every record is in the topic and in its table once",
}, async (s) => {
  const { t, cluster } = await s.withCluster(3);
  const load = await t.startLoad(0);
  const consumer = await t.startConsumer();
  const partitions = () => readPartitionStates(t.kafka.bootstrapServers, t.topic());
  const unless = () => [consumer, load].forEach((service) => service.assertRunning());
  await t.waitForRows([consumer, load]);
  let led = 0;
  for (const [id, broker] of cluster.brokers) {
    await delay(s.random.between(0, 500));
    const before = (await partitions()).filter(({ leader }) => leader === id).length;
    await broker.kill();
    led += before;
    s.log(`broker ${id} killed, which led ${before} of ${PARTITIONS} partitions`);
    await waitUntil(
      "other brokers to become leaders",
      async () => (await partitions()).every(({ leader }) => leader !== id),
    );
    // Sooner than 30 s, after which the consumer would refetch its coordinator anyway.
    await waitForProgress(t, [consumer, load], 25_000);
    await broker.start();
    await waitUntil("all replicas to be in sync", async () => {
      return (await partitions()).every(({ inSync }) => inSync.length === cluster.brokers.size);
    }, { unless });
  }
  assert(led > 0, "no killed broker was a leader");
  await waitForProgress(t, [consumer, load]);
  const count = await t.stopProducer(load);
  const { content } = await t.reconcile({ unless: () => consumer.assertRunning() });
  assertSentOnce(content, count);
});

scenario({
  name: "producer and consumer keep working on the other partitions when some partitions have no leader",
  failure: "Three brokers, replication factor 1: one is killed (SIGKILL) and restarted later",
  result:
    "The other partitions keep their rate; records of the leaderless partitions use at most a quarter of the buffer; a consumer that joins stores the other partitions; every record is in the topic once",
}, async (s) => {
  const { t, cluster } = await s.withCluster(3);
  await createTopic(t.kafka.bootstrapServers, t.topic(), PARTITIONS);
  const buffer = 2_000;
  const load = await t.startLoad(0, { PRODUCER_RATE: 1_000, PRODUCER_BUFFER_RECORDS: buffer });
  const metric = async (name: string) => (await load.metrics()).sum(`producer_${name}`);
  const unless = () => load.assertRunning();
  const rate = async () => {
    const before = await metric("records_sent_total"), started = performance.now();
    await delay(3_000);
    return (await metric("records_sent_total") - before) / (performance.now() - started) * 1_000;
  };
  await waitUntil("the producer to send", async () => await metric("records_sent_total") > 1_000, { unless });
  const whole = await rate();
  const led = (await readPartitionStates(t.kafka.bootstrapServers, t.topic())).map(({ leader }) => leader);
  const dead = led[s.random.between(0, PARTITIONS - 1)]!;
  const others = led.filter((leader) => leader !== dead).length / PARTITIONS;
  assert(others > 0 && others < 1, `leaders ${led}`);
  await cluster.brokers.get(dead)!.kill();
  await waitUntil("records to be withheld", async () => await metric("records_withheld_total") > 0, {
    unless,
  });
  const rest = await rate();
  s.log(`${whole.toFixed(0)}/s before, ${rest.toFixed(0)}/s with ${others} of the partitions`);
  assert(rest > 0.8 * others * whole, `${rest}/s of ${whole}/s with ${others} of the partitions`);
  assert(await metric("buffer_records") < buffer / 2);
  await load.waitForReady(true);
  // A new consumer stores the records of the partitions with a leader.
  const consumer = await t.startConsumer();
  const live = led.flatMap((leader, partition) => leader === dead ? [] : [partition]);
  await waitUntil("the other partitions to be stored", async () => {
    const rows = await t.database.query<{ partition: number }>(
      "SELECT partition FROM consumer_progress WHERE next_offset > 0",
    ).catch(() => []);
    return live.every((partition) => rows.some((row) => row.partition === partition));
  }, { unless: () => consumer.assertRunning() });
  await cluster.brokers.get(dead)!.start();
  await waitUntil(
    "the withheld records to be sent",
    async () => await metric("buffer_records") < buffer / 10,
    {
      unless,
    },
  );
  const count = await t.stopProducer(load);
  assert.match(load.log, /No leader for .*Leader elected for /s);
  const { content } = await t.reconcile({ unless: () => consumer.assertRunning() });
  assertSentOnce(content, count);
});

scenario({
  name:
    "consumers share the partitions again when one resumes after a freeze while Kafka is killed and restarted",
  failure:
    "A consumer is stopped (SIGSTOP) for longer than its session timeout and continued (SIGCONT) just before Kafka is killed",
  result:
    "The interrupted join is repeated: each partition has one owner, and no transaction is fenced any more",
  restartsServers: true,
}, async (s) => {
  const consumers = [await s.startConsumer(), await s.startConsumer()];
  const unless = () => [...consumers, load].forEach((service) => service.assertRunning());
  const load = await s.startLoad(0, { PRODUCER_RATE: 1_000 });
  const ofEach = (read: (metrics: Metrics) => number) =>
    Promise.all(consumers.map(async (consumer) => read(await consumer.metrics())));
  const owned = () => ofEach((metrics) => metrics.sum("consumer_assigned_partitions"));
  const isShared = async () => {
    const counts = await owned();
    return counts.every((count) => count > 0) && counts.reduce((sum, count) => sum + count) === PARTITIONS;
  };
  await waitUntil("both consumers to have partitions", isShared, { unless });
  await s.waitForRows([...consumers, load]);
  await consumers[0]!.signal("SIGSTOP");
  await delay(9_000);
  await consumers[0]!.signal("SIGCONT");
  // JoinGroup waits for the other member, which learns of the rebalance at its next heartbeat.
  await delay(s.random.between(0, 800));
  await s.kafka.kill();
  await delay(1_000);
  await s.kafka.start();
  for (const consumer of consumers) await consumer.waitForReady();
  await waitUntil("both consumers to have partitions", isShared, { unless });
  await waitForProgress(s, [...consumers, load]);
  const fences = () => ofEach((metrics) => metrics.sum("consumer_transactions_total", { outcome: "fenced" }));
  const before = await fences();
  await delay(3_000);
  assert.deepEqual(await fences(), before);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumers.forEach((consumer) => consumer.assertRunning()) });
});

/** Waits until progress advances in every partition. */
async function waitForProgress(
  s: ScenarioContext,
  services: readonly TestService[],
  timeoutMs = 60_000,
): Promise<void> {
  const progress = () =>
    s.database.query<{ partition: number; next_offset: string }>(
      "SELECT partition, next_offset FROM consumer_progress",
    );
  const before = new Map((await progress()).map((row) => [row.partition, Number(row.next_offset)]));
  await waitUntil("progress in every partition", async () => {
    const now = await progress();
    return now.length === PARTITIONS &&
      now.every((row) => Number(row.next_offset) > (before.get(row.partition) ?? 0));
  }, { timeoutMs, unless: () => services.forEach((service) => service.assertRunning()) });
}
