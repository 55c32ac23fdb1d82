import assert from "assert";
import { type Compression, sendTransactions, sendWithJava } from "../harness/produce.ts";
import { scenario } from "../harness/scenario.ts";
import { createTopic } from "../harness/topic.ts";

/** Records of one client: its number is their user, so that no two are the same. */
const lines = (user: number, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const value = i % 100 === 7
      ? `no JSON: ${"x".repeat(i)}`
      : `{"userID":${user},"timestamp":${1_700_000_000 + i / 8},"coordinates":[${i / 100},${-i / 70}]}`;
    return `${user}\t${value}`;
  });

scenario({
  name: "consumer reads every compression when Kafka's own client has sent it",
  fault: "Batches compressed with gzip, snappy, lz4 and zstd by Kafka's Java client",
  outcome: "All are read and stored",
}, async (s) => {
  const topic = s.topic();
  await createTopic(s.kafka.bootstrapServers, topic, 4);
  const consumer = await s.consumer();
  const load = await s.load(20_000);
  const compressions: Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];
  for (const [user, compression] of compressions.entries()) {
    await sendWithJava(s.kafka, topic, lines(user, 5_000), compression);
  }
  await s.finished(load);
  const { records } = await s.oracle({ unless: () => consumer.assertRunning() });
  assert.equal(records, 20_000 + compressions.length * 5_000);
});

for (const compression of ["gzip", "snappy", "lz4", "zstd"]) {
  scenario({
    name: `producer compresses with ${compression} so that others can read it when it is asked to`,
    fault: `PRODUCER_COMPRESSION=${compression}`,
    outcome: "Kafka's Java client and the consumer read the same",
  }, async (s) => {
    const consumer = await s.consumer();
    await s.produce(10_000, { PRODUCER_COMPRESSION: compression, PRODUCER_RATE: 0 });
    const { records } = await s.oracle({ unless: () => consumer.assertRunning() });
    assert.equal(records, 10_000);
  });
}

scenario({
  name: "consumer stores only committed records when transactions are aborted",
  fault: "Transactions of another client, committed and aborted; offsets with gaps",
  outcome: "Only committed records are stored; progress goes past the gaps, also after a restart",
}, async (s) => {
  const topic = s.topic();
  await createTopic(s.kafka.bootstrapServers, topic, 4);
  const first = await s.consumer();
  const load = await s.load(0);
  const batch = (user: number) =>
    lines(user, 500).map((line) => {
      const [key, value] = line.split("\t");
      return { key: key!, value: value! };
    });
  const transactions = (user: number) =>
    [true, false, false, true, false].map((commit, i) => ({ records: batch(user + i), commit }));
  await sendTransactions(s.kafka.bootstrapServers, topic, transactions(1_000));
  await s.flowing([first, load]);
  assert.equal((await first.stop()).code, 0);
  await sendTransactions(s.kafka.bootstrapServers, topic, transactions(2_000));
  const next = await s.consumer();
  const sent = await s.stopped(load);
  const { records } = await s.oracle({ unless: () => next.assertRunning() });
  assert.equal(records, sent + 4 * 500);
});
