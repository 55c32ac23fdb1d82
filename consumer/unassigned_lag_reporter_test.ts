import assert from "assert";
import type { ConsumerEmit } from "./events.ts";
import type { IsOwned } from "../shared/kafka/group/owners.ts";
import { unassignedLag } from "./metrics.ts";
import { UnassignedLagReporter } from "./unassigned_lag_reporter.ts";

Deno.test("UnassignedLagReporter reports partitions that no member owns, and emits one event when they change", async () => {
  const emitted: unknown[] = [];
  let isOwned: IsOwned | undefined = (_, partition) => partition === 0;
  const reporter = new UnassignedLagReporter({
    owners: () => Promise.resolve(isOwned),
    topics: () =>
      Promise.resolve([
        {
          name: "routes",
          id: undefined,
          error: undefined,
          partitions: [0, 1, 2, 3].map((partition) => ({ partition, leader: 1, error: undefined })),
        },
        { name: "gone", id: undefined, error: "UNKNOWN_TOPIC_OR_PARTITION", partitions: [] },
      ]),
    // The leader of partition 3 does not answer.
    watermarks: () =>
      Promise.resolve(
        new Map([["routes", new Map([0, 1, 2].map((n) => [n, { low: 10, stable: 100, high: 100 }]))]]),
      ),
    progress: () => Promise.resolve([{ topic: "routes", partition: 1, nextOffset: 40, topicId: undefined }]),
  }, ((name: string, fields: unknown) => emitted.push([name, fields])) as unknown as ConsumerEmit);
  const reported = async () =>
    (await unassignedLag.get()).values.map(({ labels, value }) => [labels.topic, labels.partition, value]);
  const expected = [["routes", 1, 60], ["routes", 2, 90]];

  await reporter.poll();
  assert.deepEqual(await reported(), expected);
  await reporter.poll();
  assert.deepEqual(emitted, [["partitions_unassigned", { partitions: "routes[1] routes[2]", lag: 150 }]]);
  isOwned = undefined;
  await reporter.poll();
  assert.deepEqual(await reported(), expected);
  isOwned = () => true;
  await reporter.poll();
  assert.deepEqual(await reported(), []);
  assert.equal(emitted.length, 1);
});
