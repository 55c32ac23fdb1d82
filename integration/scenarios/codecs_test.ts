import assert from "assert";
import { Buffer } from "node:buffer";
import {
  abortTransaction,
  type Compression,
  type JavaTransactions,
  leaveTransactionOpen,
  type LineRecord,
  sendTransactionsWithJava,
  sendWithJava,
} from "../harness/java_producer.ts";
import { sendTransactions } from "../harness/produce.ts";
import { batchOfZeros, type Codec, sendBatch } from "../harness/raw_batch.ts";
import { readTopic } from "../harness/read_topic.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import type { TestService } from "../harness/service.ts";
import { alterTopic, createTopic } from "../harness/topic.ts";
import { waitUntil, within } from "../harness/wait.ts";

/** One codec, and all in the nightly matrix. */
const LARGE_BATCH_CODECS: readonly Codec[] = Deno.env.get("MATRIX") === "full"
  ? ["zstd", "gzip", "snappy", "lz4"]
  : ["zstd"];

/** Records of one client, with its number as their user. */
const records = (user: number, count: number): LineRecord[] =>
  Array.from({ length: count }, (_, i) => {
    const name = i % 5 === 0 ? "userId" : "userID";
    const value = i % 100 === 7
      ? `no JSON: ${"x".repeat(i)}`
      : i % 100 === 57
      ? null
      : `{"${name}":${user},"timestamp":${1_700_000_000 + i / 8},"coordinates":[${i / 100},${-i / 70}]}`;
    return {
      key: i % 3 === 0 ? null : `${user}`,
      value,
      ...i % 2 === 0 && { headers: { traceparent: `00-${i}`, "": "no name", "nämlich": "ü" } },
    };
  });

scenario({
  name: "consumer reads every compression codec when Kafka's Java client sends the records",
  failure: "Kafka's Java producer: gzip, snappy, lz4, zstd; headers, null keys, null values, invalid records",
  result: "All are read; valid records are stored, the others rejected",
}, async (s) => {
  const topic = s.topic();
  await createTopic(s.kafka.bootstrapServers, topic, PARTITIONS);
  const consumer = await s.startConsumer();
  const load = await s.startLoad(20_000);
  const compressions: Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];
  for (const [user, compression] of compressions.entries()) {
    await sendWithJava(s.kafka, topic, records(user, 5_000), compression);
  }
  await s.waitForExit(load);
  const reconciliation = await s.reconcile({ unless: () => consumer.assertRunning() });
  assert.equal(reconciliation.records, 20_000 + compressions.length * 5_000);
  const java = await s.database.query<{ value: Uint8Array | null; key: Uint8Array | null }>(
    "SELECT key, value FROM rejected_records",
  );
  assert(java.filter(({ value }) => value === null).length >= compressions.length * 50, "null values");
  assert(java.some(({ key }) => key === null), "null keys");
});

for (const compression of ["gzip", "snappy", "lz4", "zstd"]) {
  scenario({
    name: `producer compresses with ${compression} so that others can read it when it is asked to`,
    failure: `PRODUCER_COMPRESSION=${compression}`,
    result: "Kafka's Java client and the consumer read the same",
  }, async (s) => {
    const consumer = await s.startConsumer();
    await s.produce(10_000, { PRODUCER_COMPRESSION: compression, PRODUCER_RATE: 0 });
    const { records } = await s.reconcile({ unless: () => consumer.assertRunning() });
    assert.equal(records, 10_000);
  });
}

/** Transactions whose records have this user. */
function transactions(s: ScenarioContext, user: number): JavaTransactions {
  const values = records(user, 200).flatMap(({ value }) => value ?? []);
  return { id: `${s.id}-${user}`, topic: s.topic(), values };
}

/** Waits until a consumer's progress stops although the load continues. */
async function waitForStandstill(
  s: ScenarioContext,
  consumer: TestService,
  load: TestService,
): Promise<void> {
  const progress = async () =>
    JSON.stringify(
      await s.database.query("SELECT partition, next_offset FROM consumer_progress ORDER BY partition"),
    );
  const sent = async () => (await load.metrics()).sum("producer_records_sent_total");
  const unless = () => [consumer, load].forEach((service) => service.assertRunning());
  await waitUntil("the progress to stop", async () => {
    const before = await progress(), count = await sent();
    await waitUntil("more load", async () => await sent() > count + 10_000, { unless });
    return await progress() === before;
  }, { unless });
}

scenario({
  name:
    "consumer reads a transaction of Kafka's Java client when it commits, not before, and not if it aborts",
  failure:
    "Transactions of Kafka's Java producer: short ones that commit, and one that stays open and then aborts",
  result:
    "Records of an open transaction and those after it are read when it ends; aborted records are not stored",
}, async (s) => {
  await createTopic(s.kafka.bootstrapServers, s.topic(), PARTITIONS);
  const consumer = await s.startConsumer();
  const load = await s.startLoad(0);
  await s.waitForRows([consumer, load]);
  await sendTransactionsWithJava(s.kafka, transactions(s, 1_001), 5_000);

  const aborted = transactions(s, 1_002);
  await leaveTransactionOpen(s.kafka, aborted, PARTITIONS);
  await waitForStandstill(s, consumer, load);
  await abortTransaction(s.kafka, aborted.id);
  await s.waitForRows([consumer, load]);

  const sent = await s.stopProducer(load);
  const { records, content } = await s.reconcile({ unless: () => consumer.assertRunning() });
  assert.equal(records, sent + 5_000);
  const stored = (user: number) =>
    s.database.number(`SELECT count(*) FROM routes_table WHERE user_id = ${user}`);
  assert(await stored(1_001) > 4_500);
  assert.equal(await stored(1_002), 0);
  const offsets = content.ends.reduce((sum, end) => sum + end, 0);
  assert(offsets > records + 500, "the topic has no aborted records");
});

scenario({
  name: "consumer stores only committed records when transactions abort",
  failure: "Transactions of another client commit and abort; offsets have gaps",
  result: "Only committed records are stored; progress advances past the gaps, also after a restart",
}, async (s) => {
  const topic = s.topic();
  await createTopic(s.kafka.bootstrapServers, topic, 4);
  const first = await s.startConsumer();
  const load = await s.startLoad(0);
  const five = (user: number) =>
    [true, false, false, true, false].map((commit, i) => ({ records: records(user + i, 500), commit }));
  await sendTransactions(s.kafka.bootstrapServers, topic, five(1_000));
  await s.waitForRows([first, load]);
  assert.equal((await first.stop()).code, 0);
  await sendTransactions(s.kafka.bootstrapServers, topic, five(2_000));
  const next = await s.startConsumer();
  const sent = await s.stopProducer(load);
  const reconciliation = await s.reconcile({ unless: () => next.assertRunning() });
  assert.equal(reconciliation.records, sent + 4 * 500);
});

/** Topic settings with which compaction starts immediately after it is enabled. */
const COMPACTABLE = {
  "segment.ms": "500",
  "min.cleanable.dirty.ratio": "0.001",
  "delete.retention.ms": "0",
};

scenario({
  name: "consumer reads past offset gaps when a topic is compacted",
  failure: "A compacted topic with offset gaps, one of them at the consumer's position, and tombstones",
  result:
    "What remains after compaction is stored, in addition to what was read before; progress advances past the gaps",
}, async (s) => {
  const { kafka } = s, topic = s.topic();
  await createTopic(kafka.bootstrapServers, topic, PARTITIONS, COMPACTABLE);
  // Compaction keeps the last record of each key.
  const keyed = (user: number) =>
    records(user, 1_000).map((record, i) => ({ ...record, key: `key-${i % 300}` }));
  await sendWithJava(kafka, topic, keyed(1_001), "lz4");
  await s.produce(5_000);
  await s.waitForExit(await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  const { content: earlier } = await s.reconcile();

  for (const compression of ["snappy", "none", "zstd"] as const) {
    await sendWithJava(kafka, topic, keyed(1_002), compression);
    await s.produce(5_000, { PRODUCER_SEED: compression });
  }
  await alterTopic(kafka, topic, "cleanup.policy=compact");
  await waitUntil("offset gaps in every partition, including at the consumer's position", async () => {
    const { ends, records } = await readTopic(kafka, topic);
    const existing = new Set(records.map(({ partition, offset }) => `${partition}:${offset}`));
    return ends.every((end, partition) => {
      const count = records.filter((record) => record.partition === partition).length;
      return count < end / 2 && !existing.has(`${partition}:${earlier.ends[partition]}`);
    });
  });
  // Stop compaction, so that the consumer and the comparison read the same records.
  await alterTopic(kafka, topic, "cleanup.policy=delete");

  const next = await s.startConsumer();
  const { lost } = await s.reconcile({ earlier, unless: () => next.assertRunning() });
  assert.equal(lost, 0);
});

scenario({
  name: "consumer stops before it decompresses a batch that is larger than allowed",
  failure: "A batch of a few kB or MB that decompresses to 600 MB, preceded by valid records",
  result:
    "The records before it are stored; exit code 2 with partition, offset and remedy, using at most 400 MiB of memory",
}, async (s) => {
  const topic = s.topic();
  await createTopic(s.kafka.bootstrapServers, topic, 1, { "max.message.bytes": "60000000" });
  await s.produce(1_000);
  for (const [index, codec] of LARGE_BATCH_CODECS.entries()) {
    const offset = 1_000 + index;
    await sendBatch(s.kafka.bootstrapServers, topic, 0, await batchOfZeros(codec, 600));
    const { log, peakBytes } = await waitForFailure(await s.startConsumer());
    const [statement] = new RegExp(`UPDATE consumer_progress SET next_offset = ${offset + 1} WHERE .*?;`)
      .exec(log) ?? assert.fail(log);
    assert.match(
      log,
      new RegExp(`at offset ${offset}: .*67108864 bytes.*CONSUMER_DECOMPRESSED_BATCH_MAX_BYTES`),
    );
    assert.equal(await s.database.number("SELECT next_offset FROM consumer_progress"), offset);
    s.log(`${codec}: at most ${Math.round(peakBytes / 2 ** 20)} MiB`);
    assert(peakBytes < 400 * 2 ** 20, `${codec}: ${peakBytes} bytes`);
    await s.database.query(statement);
  }
});

/** Waits until a consumer exits with code 2; returns its log and peak memory. */
async function waitForFailure(consumer: TestService): Promise<{ log: string; peakBytes: number }> {
  let peakBytes = 0;
  const watch = setInterval(async () => {
    const metrics = await consumer.metrics().catch(() => undefined);
    peakBytes = Math.max(peakBytes, metrics?.sum("process_resident_memory_bytes") ?? 0);
  }, 20);
  try {
    assert.equal(await within("the consumer to exit", 60_000, consumer.exited), 2, consumer.log);
  } finally {
    clearInterval(watch);
  }
  return { log: consumer.log, peakBytes };
}

scenario({
  name:
    "consumer stops at a corrupt batch, resumes after it with the given statement, and reads it without CRC checks",
  failure: "A bit of a stored record batch is flipped on the broker's disk",
  result:
    "The records before it are stored; exit code 2 with partition, offset, and the statement that skips the batch",
  needs: "processes",
}, async (s) => {
  const topic = s.topic();
  await createTopic(s.kafka.bootstrapServers, topic, 1);
  await s.produce(500, { PRODUCER_MALFORMED_RATIO: 0 });
  await sendWithJava(s.kafka, topic, [{
    key: "k",
    value: '{"userID":7777,"timestamp":1,"coordinates":[1,2]}',
  }], "none");
  await s.produce(500, { PRODUCER_MALFORMED_RATIO: 0 });
  const logs = await s.kafka.tool("kafka-log-dirs", ["--describe", "--topic-list", topic]);
  const { brokers: [{ logDirs: [{ logDir }] }] } = JSON.parse(logs.stdout.slice(logs.stdout.indexOf("{")));
  const file = `${logDir}/${topic}-0/00000000000000000000.log`;
  const bytes = Buffer.from(await Deno.readFile(file));
  const at = bytes.indexOf('{"userID":7777');
  assert(at > 0);
  bytes[at + 12]! ^= 1;
  using log = await Deno.open(file, { write: true });
  await log.seek(at + 12, Deno.SeekMode.Start);
  await log.write(bytes.subarray(at + 12, at + 13));

  const runConsumer = async () => {
    const consumer = await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" });
    return { code: await within("the consumer to exit", 60_000, consumer.exited), log: consumer.log };
  };
  const first = await runConsumer();
  assert.equal(first.code, 2, first.log);
  assert.match(first.log, /\[0\] at offset 500: .*Its CRC is [0-9a-f]{8}.*kafka-dump-log/);
  assert.equal(await s.countRows(), 500);
  const [statement] = /UPDATE consumer_progress SET next_offset = 501 WHERE .*?;/.exec(first.log)!;
  const unchecked = await s.startConsumer({
    CONSUMER_UNTIL_CAUGHT_UP: "true",
    CONSUMER_GROUP_ID: `${s.group}-unchecked`,
    CONSUMER_CHECK_CRCS: "false",
  });
  await s.waitForExit(unchecked);
  await s.database.query(statement);
  assert.equal((await runConsumer()).code, 0);
  assert.equal(
    await s.database.number("SELECT count(*) FROM routes_table WHERE user_id BETWEEN 7000 AND 8000"),
    1,
  );
  assert.equal(await s.countRows(), 500 + 1_001 + 500);
});
