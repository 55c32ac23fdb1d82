import assert from "assert";
import { Registry } from "prom-client";
import type { KafkaCluster } from "../shared/kafka/cluster.ts";
import { encodeAssignment } from "../shared/kafka/group/subscription.ts";
import { pause } from "../shared/lifecycle.ts";
import { Availability } from "../shared/observe/availability.ts";
import { load } from "../shared/settings/load_fixture.ts";
import { bindDeclaredTypes } from "../shared/schema/bind_stream.ts";
import { loadStreams } from "../shared/streams.ts";
import { recordBatch, validRoute } from "./decode/record_batch_fixture.ts";
import type { ConsumerEmit } from "./events.ts";
import { GroupConsumer } from "./group_consumer.ts";
import { FakeDatabase } from "./store/database_fixture.ts";

const [routes] = await loadStreams(["routes"]);
const TOPIC = routes!.topic;

const FETCH_MS = 5;

/** A cluster of one broker with one partition, whose every offset has a valid record. It assigns the partition to each member. */
class FakeCluster {
  joins = 0;

  asCluster(): KafkaCluster {
    const broker = {
      connect: () => Promise.resolve(),
      maxVersion: () => 4,
      protocol: (api: string, fields: unknown) => ({ request: { api, fields, apiVersion: 4 }, response: {} }),
      request: () => Promise.resolve({ coordinator: { nodeId: 1, host: "", port: 0 } }),
      send: ({ request }: { request: { api?: string; fields?: FetchFields } }) =>
        this.#answer(request.api ?? "Metadata", request.fields),
    };
    return {
      any: () => Promise.resolve(broker),
      node: () => Promise.resolve(broker),
      update: () => Promise.resolve(),
      drop: () => {},
      [Symbol.dispose]: () => {},
    } as unknown as KafkaCluster;
  }

  async #answer(api: string, fields: FetchFields | undefined): Promise<unknown> {
    switch (api) {
      case "Metadata":
        return {
          brokers: [],
          controllerId: 1,
          topics: [{ name: TOPIC, partitions: [{ partition: 0, leader: 1 }] }],
        };
      case "ListOffsets": {
        const offset = fields!.topics[0]!.partitions[0]!.timestamp === "-2" ? "0" : "1000000";
        return { responses: [{ topic: TOPIC, partitions: [{ partition: 0, errorCode: 0, offset }] }] };
      }
      case "JoinGroup":
        this.joins++;
        return {
          generationId: this.joins,
          memberId: "m1",
          leaderId: "other",
          groupProtocol: "range",
          members: [],
        };
      case "SyncGroup":
        return { memberAssignment: encodeAssignment({ [TOPIC]: [0] }) };
      case "Fetch": {
        await pause(FETCH_MS);
        const offset = fields!.topics[0]!.partitions[0]!.fetchOffset;
        const messages = [{ offset: `${offset}`, recordBatch: recordBatch(offset, [validRoute(1)]) }];
        return { responses: [{ topicName: TOPIC, partitions: [{ partition: 0, errorCode: 0, messages }] }] };
      }
      default:
        return {};
    }
  }
}

interface FetchFields {
  readonly topics: readonly {
    readonly partitions: readonly { readonly fetchOffset: number; readonly timestamp: string }[];
  }[];
}

/** Consumes until `condition` holds; another consumer moves the progress before each transaction for which `isFenced` holds. */
async function consumeWithFences(
  isFenced: (transaction: number) => boolean,
  condition: (fences: number, stored: number) => boolean,
): Promise<{ joins: number; revocations: unknown[] }> {
  const cluster = new FakeCluster(), revocations: unknown[] = [];
  let transactions = 0, fences = 0, stored = 0;
  const moveProgress = () => {
    if (isFenced(++transactions)) database.progress.set(0, (database.progress.get(0) ?? 0) + 100);
  };
  const database = new FakeDatabase(TOPIC, () => {}, moveProgress);
  const { settings } = load({});
  const consumer = new GroupConsumer({
    kafka: { cluster: cluster.asCluster(), openCluster: () => cluster.asCluster() },
    database: database.asDatabase(),
    streams: [bindDeclaredTypes(routes!)],
    settings,
    availability: new Availability("test", ["Kafka", "PostgreSQL"], () => {}, new Registry()),
    emit: ((name: string, fields: { reason?: string }) => {
      if (name === "transaction_fenced") fences++;
      if (name === "records_stored") stored++;
      if (name === "partitions_revoked") revocations.push(fields.reason);
    }) as ConsumerEmit,
  });
  consumer.start();
  const waitForCondition = async () => {
    for (const started = performance.now(); !condition(fences, stored);) {
      assert(performance.now() - started < 5_000, `${fences} fences, ${stored} stored`);
      await pause(1);
    }
    await pause(50);
  };
  await Promise.race([waitForCondition(), consumer.failed]);
  const result = { joins: cluster.joins, revocations: [...revocations] };
  await consumer.stop(1_000);
  // The last fetch is still in flight.
  await pause(2 * FETCH_MS);
  return result;
}

Deno.test("GroupConsumer rejoins the group when a partition is fenced three times in a row", async () => {
  const { joins, revocations } = await consumeWithFences((n) => n <= 3, (fences) => fences === 3);
  assert.deepEqual(revocations, [`another consumer stores ${TOPIC}[0]`]);
  assert.equal(joins, 2);
});

Deno.test("GroupConsumer keeps its assignment when a transaction succeeds between fences", async () => {
  const { joins, revocations } = await consumeWithFences((n) => n % 3 !== 0, (fences) => fences >= 6);
  assert.deepEqual(revocations, []);
  assert.equal(joins, 1);
});
