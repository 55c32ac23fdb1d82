/**
 * Checks the patches in what {@link KafkaCluster} creates. `integration/checks/bundle_test.ts` runs these tests also in a bundle.
 *
 * @module
 */
import assert from "assert";
import { CompressionTypes } from "kafkajs";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { FakeBroker, type Handler } from "../broker_fixture.ts";
import { type KafkaBroker, KafkaCluster } from "../cluster.ts";
import { testSettings } from "../cluster_fixture.ts";

/** Calls `use` with a connection to a broker that handles `Heartbeat`. */
async function withBroker(heartbeat: Handler, use: (broker: KafkaBroker) => Promise<void>): Promise<void> {
  await using server = await FakeBroker.start({ Heartbeat: 0, Produce: 3 }, { Heartbeat: heartbeat });
  using cluster = new KafkaCluster(testSettings(server.port), "test", () => () => {});
  await use(await cluster.any());
}

const heartbeat = (broker: KafkaBroker) =>
  broker.protocol("Heartbeat", { groupId: "g", groupGenerationId: 1, memberId: "m" });

Deno.test("KafkaBroker.send() closes the connection when a request times out", () =>
  withBroker(() => "silence", async (broker) => {
    const late = broker.send(heartbeat(broker));
    const other = broker.send({ ...heartbeat(broker), requestTimeout: 60_000 });
    await Promise.all([
      assert.rejects(late, { name: "KafkaJSRequestTimeoutError" }),
      assert.rejects(other, { name: "KafkaJSConnectionError" }),
    ]);
  }));

Deno.test("KafkaBroker.send() leaves no timer when it has the response", () =>
  withBroker(() => new Encoder().writeInt16(0), async (broker) => {
    await broker.send(heartbeat(broker));
    // deno-lint-ignore no-explicit-any -- kafkajs' Broker has no types
    const { connectionPool } = (broker as any).broker;
    assert.equal(connectionPool.pool[0].requestQueue.throttleCheckTimeoutId, null);
  }));

for (const [name, compression] of Object.entries(CompressionTypes)) {
  Deno.test(`KafkaBroker.protocol() encodes a Produce request with compression ${name}`, () =>
    withBroker(() => "silence", async (broker) => {
      const messages = [{ timestamp: "1", key: null, value: "v".repeat(10_000) }];
      const { request } = broker.protocol("Produce", {
        acks: -1,
        timeout: 1_000,
        compression,
        topicData: [{ topic: "t", partitions: [{ partition: 0, messages }] }],
      });
      const { buffer } = await (request as { encode(): Promise<{ buffer: Uint8Array }> }).encode();
      assert.equal(buffer.length < 1_000, name !== "None", `${buffer.length} bytes`);
    }));
}
