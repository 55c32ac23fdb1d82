import assert from "assert";
import { formatDuration, topicOutcome } from "./topics.ts";

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
