import assert from "assert";
import { describe, duration } from "./topics.ts";

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

Deno.test("describe() fails when partitions have no leader, too few replicas, or are compacted", () => {
  const leaderless = describe(topic({}, { leader: -1 }), undefined);
  assert.equal(leaderless.mark, "failed");
  assert.match(leaderless.why, /1 of 2 partitions have no leader/);
  const short = describe(topic({ inSync: 1 }, {}), { "min.insync.replicas": "2" });
  assert.equal(short.mark, "failed");
  assert.match(short.why, /1 of 2 partitions have fewer replicas in sync than min\.insync\.replicas=2/);
  const compacted = describe(topic({}), { "cleanup.policy": "compact,delete" });
  assert.equal(compacted.mark, "failed");
  assert.match(
    `${compacted.why} ${compacted.remedy}`,
    /only the last record of each user.*cleanup\.policy=delete/,
  );
});

Deno.test("describe() says partitions, replicas and retention when all is well", () => {
  const settings = { "retention.ms": "604800000", "retention.bytes": "-1" };
  assert.equal(
    describe(topic({}, {}), settings).why,
    "routes: 2 partitions, 3 replicas, keeps records for 7 days",
  );
  assert.match(describe(topic({}), { ...settings, "retention.ms": "-1" }).why, /for ever/);
  assert.match(describe(topic({}), { ...settings, "retention.bytes": "5" }).why, /or 5 bytes a partition/);
  assert.match(describe(topic({}), undefined).why, /retention unknown/);
});

Deno.test("duration() takes the largest unit that fits", () => {
  assert.deepEqual([1_500, 90_000, 7_200_000, 259_200_000].map(duration), [
    "1.5 seconds",
    "90 seconds",
    "2 hours",
    "3 days",
  ]);
});
