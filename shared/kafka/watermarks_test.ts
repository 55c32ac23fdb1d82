import assert from "assert";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { FakeBroker, type Handler } from "./broker_fixture.ts";
import { testSettings } from "./cluster_fixture.ts";
import { KafkaCluster } from "./cluster.ts";
import type { TopicMetadata } from "./metadata.ts";
import { fetchWatermarks } from "./watermarks.ts";

const topic = (leaders: readonly (number | undefined)[]): TopicMetadata => ({
  name: "t",
  id: undefined,
  error: undefined,
  partitions: leaders.map((leader, partition) => ({ partition, leader, error: undefined })),
});

/** Partition n has offsets n to 100 + n, the last 10 of an open transaction. Partition 1 has an error. */
const listOffsets: Handler = (body) => {
  body.readInt32();
  const isolationLevel: number = body.readInt8();
  const topics = body.readArray(() => {
    const name = body.readString();
    const partitions = body.readArray(() => {
      const partition: number = body.readInt32(), isLatest = body.readInt64() === -1n;
      const offset = isLatest ? 100 + partition - 10 * isolationLevel : partition;
      return new Encoder().writeInt32(partition).writeInt16(partition === 1 ? 6 : 0).writeInt64(-1)
        .writeInt64(offset);
    });
    return new Encoder().writeString(name).writeArray(partitions);
  });
  return new Encoder().writeInt32(0).writeArray(topics);
};

const start = () => FakeBroker.start({ ListOffsets: 9 }, { ListOffsets: listOffsets });

Deno.test("fetchWatermarks() returns the watermarks of each partition whose leader responds", async () => {
  await using first = await start();
  await using second = await start();
  second.handlers.ListOffsets = () => "close";
  using cluster = new KafkaCluster(testSettings(first.port), "test", () => () => {});
  await cluster.update([
    { nodeId: 1, host: "127.0.0.1", port: first.port },
    { nodeId: 2, host: "127.0.0.1", port: second.port },
  ]);
  // Partition 1 has an error, 2 no leader, 3 a leader that closes the connection, 4 an unknown leader.
  const result = await fetchWatermarks(cluster, [topic([1, 1, undefined, 2, 3, 1])]);
  assert.deepEqual([...result], [[
    "t",
    new Map([[0, { low: 0, high: 100, stable: 90 }], [5, { low: 5, high: 105, stable: 95 }]]),
  ]]);
});

Deno.test("fetchWatermarks() throws when no leader responds or a topic has an error", async () => {
  await using broker = await start();
  broker.handlers.ListOffsets = () => "close";
  using cluster = new KafkaCluster(testSettings(broker.port), "test", () => () => {});
  await cluster.update([{ nodeId: 1, host: "127.0.0.1", port: broker.port }]);
  await assert.rejects(fetchWatermarks(cluster, [topic([1])]), { name: "KafkaJSConnectionClosedError" });
  await assert.rejects(
    fetchWatermarks(cluster, [{ ...topic([]), error: "TOPIC_AUTHORIZATION_FAILED" }]),
    { type: "TOPIC_AUTHORIZATION_FAILED" },
  );
  // If there are no leaders, no request fails.
  assert.deepEqual([...await fetchWatermarks(cluster, [topic([undefined])])], [["t", new Map()]]);
});
