import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import { countGroupMembers } from "../harness/topic.ts";
import { delay, waitUntil } from "../harness/wait.ts";

scenario({
  name:
    "consumer exits 0 within 10 s, leaves its group and resumes at its offsets when it is stopped and restarted",
  failure: "The consumer is stopped (SIGTERM, SIGINT) under load and restarted, several times",
  result: "Exit code 0 within 10 s; the next consumer resumes immediately at the correct offsets",
}, async (s) => {
  const load = await s.startLoad(0);
  for (const signal of ["SIGTERM", "SIGINT", "SIGTERM"] as const) {
    // The group would wait this long for a consumer that did not leave.
    const consumer = await s.startConsumer({ CONSUMER_SESSION_TIMEOUT_MS: 60_000 });
    await s.waitForRows([consumer, load]);
    await delay(s.random.between(0, 500));
    const { code, ms } = await consumer.stop(signal);
    assert.equal(code, 0);
    assert(ms < 10_000, `stopping took ${ms} ms`);
    assert.equal(
      await countGroupMembers(s.kafka.bootstrapServers, s.group),
      0,
      "the consumer is still in the group",
    );
  }
  await s.stopProducer(load);
  const last = await s.startConsumer();
  await s.reconcile({ unless: () => last.assertRunning() });
});

scenario({
  name: "consumer stores all buffered records when it is stopped while PostgreSQL blocks it",
  failure:
    "The consumer is stopped (SIGTERM) while one transaction waits for a lock and more records are queued",
  result: "It stores all of them before it exits 0; none has to be read again",
}, async (s) => {
  await s.produce(5_000);
  await s.waitForExit(await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  const consumer = await s.startConsumer();
  await consumer.waitForReady();
  const bufferedBytes = async () => (await consumer.metrics()).sum("consumer_buffer_bytes");
  const unless = () => consumer.assertRunning();
  await s.database.connected(async (lock) => {
    await lock.query("BEGIN; LOCK TABLE routes_table IN ACCESS EXCLUSIVE MODE");
    await s.produce(5_000, { PRODUCER_SEED: "second" });
    const first = await waitUntil("buffered records", async () => await bufferedBytes(), { unless });
    await s.produce(5_000, { PRODUCER_SEED: "third" });
    await waitUntil("all records to be buffered", async () => {
      const before = await bufferedBytes();
      await delay(1_000);
      return before > first && await bufferedBytes() === before;
    }, { unless });
    await consumer.signal("SIGTERM");
    await consumer.waitForLog(/"event":"stop_requested"/);
    await delay(s.random.between(0, 1_000));
    await lock.query("ROLLBACK");
  });
  assert.equal(await consumer.exited, 0);
  const { records } = await s.reconcile({ timeoutMs: 1 });
  assert.equal(records, 15_000);
});

scenario({
  name: "producer loses nothing and exits 0 within 10 s when it is stopped",
  failure: "The producer is stopped (SIGTERM) under load, without a rate limit",
  result: "Every generated record is in the topic; exit code 0 within 10 s",
}, async (s) => {
  const consumer = await s.startConsumer();
  const producer = await s.startLoad(0, { PRODUCER_RATE: 0 });
  const generated = async () => (await producer.metrics()).sum("producer_records_generated_total");
  const known = await waitUntil("records", async () => {
    const count = await generated();
    return count > 20_000 && count;
  }, { unless: () => producer.assertRunning() });
  const stopped = producer.stop();
  // The number of generated records at the signal, if the metrics are still served.
  const generatedBefore = await generated().catch(() => known);
  const { code, ms } = await stopped;
  assert.equal(code, 0);
  assert(ms < 10_000, `stopping took ${ms} ms`);
  const { records } = await s.reconcile({ unless: () => consumer.assertRunning() });
  assert(records >= generatedBefore, `${generatedBefore} records generated, ${records} in the topic`);
  assert.equal(records, Number(producer.log.match(/"event":"stopped".*"sent":(\d+)/)![1]));
});
