import assert from "assert";
import { formatDuration, missingTopicOutcome, topicOutcome } from "./topics.ts";

const topic = (...partitions: { leader?: number; replicas?: number; inSync?: number }[]) => ({
  topic: "routes",
  error: 0,
  operations: undefined,
  partitions: partitions.map((given, partition) => ({
    partition,
    leader: 1,
    replicas: 3,
    inSync: 3,
    ...given,
  })),
});

Deno.test("topicOutcome() fails when partitions have no leader or too few replicas, or the topic is compacted", () => {
  const leaderless = topicOutcome(topic({}, { leader: -1 }), undefined);
  assert.equal(leaderless.mark, "failed");
  assert.match(leaderless.message, /1 of 2 partitions have no leader/);
  const short = topicOutcome(topic({ inSync: 1 }, {}), { "min.insync.replicas": "2" });
  assert.equal(short.mark, "failed");
  assert.match(short.message, /1 of 2 partitions have fewer replicas in sync than min\.insync\.replicas=2/);
  const compacted = topicOutcome(topic({}), { "cleanup.policy": "compact,delete" });
  assert.equal(compacted.mark, "failed");
  assert.match(
    `${compacted.message} ${compacted.remedy}`,
    /only the last record per user.*cleanup\.policy=delete/,
  );
});

Deno.test("topicOutcome() reports partitions, replicas and retention when the topic is healthy", () => {
  const settings = { "retention.ms": "604800000", "retention.bytes": "-1" };
  assert.equal(
    topicOutcome(topic({}, {}), settings).message,
    "routes: 2 partitions, 3 replicas, keeps records for 7 days",
  );
  assert.match(topicOutcome(topic({}), { ...settings, "retention.ms": "-1" }).message, /forever/);
  assert.match(
    topicOutcome(topic({}), { ...settings, "retention.bytes": "5" }).message,
    /or 5 bytes per partition/,
  );
  assert.match(topicOutcome(topic({}), undefined).message, /retention unknown/);
});

Deno.test("formatDuration() uses the largest unit of which the duration has at least two", () => {
  assert.deepEqual([1_500, 90_000, 7_200_000, 259_200_000].map(formatDuration), [
    "1.5 seconds",
    "90 seconds",
    "2 hours",
    "3 days",
  ]);
});

Deno.test("missingTopicOutcome() reports as many partitions as the cluster allows when their number is not set", async () => {
  const admin = {
    createTopics: ({ topics }: { topics: { numPartitions?: number }[] }) =>
      topics[0]!.numPartitions! > 2
        ? Promise.reject(Object.assign(new Error("At most 2 partitions"), { type: "POLICY_VIOLATION" }))
        : Promise.resolve(true),
  };
  const replicas = { KAFKA_TOPIC_REPLICATION_FACTOR: -1 };
  const unset = await missingTopicOutcome("routes", admin, {
    ...replicas,
    KAFKA_TOPIC_PARTITIONS: undefined,
  });
  assert.match(unset.message, /the services create it when they start, with 2 partitions/);
  const set = await missingTopicOutcome("routes", admin, { ...replicas, KAFKA_TOPIC_PARTITIONS: 6 });
  assert.equal(set.mark, "failed");
  assert.match(`${set.message} ${set.remedy}`, /At most 2 partitions .*Set KAFKA_TOPIC_PARTITIONS/);
});
