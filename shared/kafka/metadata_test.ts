import assert from "assert";
import { Buffer } from "node:buffer";
import { setTimeout as delay } from "node:timers/promises";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { testSettings } from "./cluster_fixture.ts";
import { FakeBroker, type Handler } from "./broker_fixture.ts";
import { KafkaCluster } from "./cluster.ts";
import { fetchTopics } from "./metadata.ts";

const ID = Buffer.from("00112233445566778899aabbccddeeff", "hex");

/** A response of version 12: topic `t`, of which only partition 1 has a leader, and `gone`, which does not exist. */
function compactResponse(port: number) {
  const nodes = (list: readonly number[]) => {
    const encoder = new Encoder().writeUVarInt(list.length + 1);
    for (const node of list) encoder.writeInt32(node);
    return encoder;
  };
  const partition = (error: number, partition: number, leader: number) =>
    new Encoder().writeInt16(error).writeInt32(partition).writeInt32(leader).writeInt32(0)
      .writeEncoder(nodes([1, 2])).writeEncoder(nodes([1])).writeEncoder(nodes([2])).writeUVarInt(0);
  const topic = (error: number, name: string, id: Buffer, partitions: unknown[]) =>
    new Encoder().writeInt16(error).writeUVarIntString(name).writeBuffer(id).writeBoolean(false)
      .writeUVarIntArray(partitions, "object").writeInt32(0).writeUVarInt(0);
  const broker = new Encoder().writeInt32(1).writeUVarIntString("127.0.0.1").writeInt32(port)
    .writeUVarIntString(null).writeUVarInt(0);
  return new Encoder().writeUVarInt(0).writeInt32(0).writeUVarIntArray([broker], "object")
    .writeUVarIntString("cluster").writeInt32(1)
    .writeUVarIntArray([
      topic(0, "t", ID, [partition(0, 1, 1), partition(5, 0, -1)]),
      topic(3, "gone", Buffer.alloc(16), []),
    ], "object").writeUVarInt(0);
}

/** The same in version 4. */
function oldResponse(port: number) {
  const partition = (error: number, partition: number, leader: number) =>
    new Encoder().writeInt16(error).writeInt32(partition).writeInt32(leader).writeArray([1, 2]).writeArray([
      1,
    ]);
  const topic = (error: number, name: string, partitions: unknown[]) =>
    new Encoder().writeInt16(error).writeString(name).writeBoolean(false).writeArray(partitions);
  const broker = new Encoder().writeInt32(1).writeString("127.0.0.1").writeInt32(port).writeString(null);
  return new Encoder().writeInt32(0).writeArray([broker]).writeString("cluster").writeInt32(1)
    .writeArray([topic(0, "t", [partition(0, 1, 1), partition(5, 0, -1)]), topic(3, "gone", [])]);
}

const PARTITIONS = [
  { partition: 0, leader: undefined, error: "LEADER_NOT_AVAILABLE" },
  { partition: 1, leader: 1, error: undefined },
];
const GONE = { name: "gone", id: undefined, error: "UNKNOWN_TOPIC_OR_PARTITION", partitions: [] };

for (
  const { version, reply, id } of [
    { version: 13, reply: compactResponse, id: "ABEiM0RVZneImaq7zN3u_w" },
    { version: 8, reply: oldResponse, id: undefined },
  ]
) {
  Deno.test(`fetchTopics() returns leaders, ids and the error of each partition when the broker supports version ${version}`, async () => {
    const handler: Handler = () => reply(broker.port);
    await using broker: FakeBroker = await FakeBroker.start({ Metadata: version }, { Metadata: handler });
    using cluster = new KafkaCluster(testSettings(broker.port), "test", () => () => {});
    assert.deepEqual(await fetchTopics(cluster, ["t", "gone"]), [
      { name: "t", id, error: undefined, partitions: PARTITIONS },
      GONE,
    ]);
    // The response contains the address of node 1.
    await cluster.node(1);
    await assert.rejects(cluster.node(2), { name: "KafkaJSBrokerNotFound" });
  });
}

Deno.test("fetchTopics() uses another bootstrap server when one is unavailable, and throws when all are", async () => {
  await using broker: FakeBroker = await FakeBroker.start({ Metadata: 13 }, {
    Metadata: () => compactResponse(broker.port),
  });
  const unavailable = await FakeBroker.start({}, {});
  await unavailable[Symbol.asyncDispose]();
  using cluster = new KafkaCluster(testSettings(unavailable.port, broker.port), "test", () => () => {});
  assert.equal((await fetchTopics(cluster, ["t"]))[0]!.partitions.length, 2);
  using none = new KafkaCluster(testSettings(unavailable.port), "test", () => () => {});
  await assert.rejects(fetchTopics(none, ["t"]), { name: "KafkaJSConnectionError" });
});

Deno.test("fetchTopics() returns the topics of each call when calls overlap with the first connection", async () => {
  await using broker: FakeBroker = await FakeBroker.start({ Metadata: 13 }, {
    Metadata: async () => {
      await delay(20);
      return compactResponse(broker.port);
    },
  });
  using cluster = new KafkaCluster(testSettings(broker.port), "test", () => () => {});
  const calls = Array.from({ length: 10 }, async (_, n) => {
    await delay(n);
    return await fetchTopics(cluster, ["t"]);
  });
  for (const topics of await Promise.all(calls)) assert.equal(topics[0]!.partitions.length, 2);
});
