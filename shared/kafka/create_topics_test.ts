import assert from "assert";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { PermanentError, TransientError } from "../errors.ts";
import { FakeBroker, type Handler } from "./broker_fixture.ts";
import { KafkaCluster } from "./cluster.ts";
import { testSettings } from "./cluster_fixture.ts";
import { createMissingTopics } from "./create_topics.ts";

const settings = { ...testSettings(), KAFKA_TOPIC_PARTITIONS: 3, KAFKA_TOPIC_REPLICATION_FACTOR: 5 };

/** Runs `use` with a broker on which the topic `old` exists. `createTopics` returns the result of creating a topic. */
async function withBroker(
  createTopics: (topic: string, partitions: number) => { code: number; message: string | null },
  use: (cluster: KafkaCluster, broker: FakeBroker) => Promise<void>,
): Promise<void> {
  const existing = new Set(["old"]);
  const metadata: Handler = (body) => {
    const names: string[] = body.readArray(() => body.readString());
    const partition = new Encoder().writeInt16(0).writeInt32(0).writeInt32(1).writeArray([1]).writeArray([1]);
    const topics = names.map((name) =>
      new Encoder().writeInt16(existing.has(name) ? 0 : 3).writeString(name).writeBoolean(false)
        .writeArray(existing.has(name) ? [partition] : [])
    );
    const node = new Encoder().writeInt32(1).writeString("127.0.0.1").writeInt32(broker.port).writeString(
      null,
    );
    return new Encoder().writeInt32(0).writeArray([node]).writeString("cluster").writeInt32(1).writeArray(
      topics,
    );
  };
  const create: Handler = (body) => {
    body.readInt32();
    const topic: string = body.readString();
    const partitions: number = body.readInt32(), replicas: number = body.readInt16();
    assert.equal(replicas, 5);
    const { code, message } = createTopics(topic, partitions);
    if (code === 0) existing.add(topic);
    return new Encoder().writeInt32(0)
      .writeArray([new Encoder().writeString(topic).writeInt16(code).writeString(message)]);
  };
  await using broker = await FakeBroker.start({ Metadata: 8, CreateTopics: 7 }, {
    Metadata: metadata,
    CreateTopics: create,
  });
  using cluster = new KafkaCluster(testSettings(broker.port), "test", () => () => {});
  await use(cluster, broker);
}

Deno.test("createMissingTopics() creates and returns the missing topics, and requests only metadata when all exist", async () => {
  const create = (_: string, partitions: number) => {
    assert.equal(partitions, 3);
    return { code: 0, message: null };
  };
  await withBroker(create, async (cluster, broker) => {
    assert.deepEqual(await createMissingTopics(cluster, ["old", "new"], settings), ["new"]);
    const { length } = broker.requests;
    assert.deepEqual(await createMissingTopics(cluster, ["old", "new"], settings), []);
    assert.deepEqual(broker.requests.slice(length), ["Metadata"]);
  });
});

Deno.test("createMissingTopics() does not return a topic that another client created at the same time", async () => {
  await withBroker(() => ({ code: 36, message: "Topic 'new' already exists." }), async (cluster) => {
    assert.deepEqual(await createMissingTopics(cluster, ["new"], settings), []);
  });
});

/** Error codes with the broker's message and the error. */
const PERMANENT: readonly [code: number, message: string | null, text: RegExp][] = [
  [
    17,
    "Topic name is invalid: 'n w'",
    /"new": Topic name is invalid: 'n w' \(INVALID_TOPIC_EXCEPTION\)\. Set KAFKA_TOPIC_PREFIX/,
  ],
  [
    37,
    "Number of partitions must be larger than 0.",
    /larger than 0 \(INVALID_PARTITIONS\)\. Set KAFKA_TOPIC_PARTITIONS/,
  ],
  [
    38,
    "Only 1 broker(s) are registered.",
    /registered \(INVALID_REPLICATION_FACTOR\)\. Set KAFKA_TOPIC_REPLICATION_FACTOR/,
  ],
  [
    40,
    "Unknown topic config name: x",
    /INVALID_CONFIG\)\. Create it by hand: kafka-topics --create --topic new --partitions 3 --replication-factor 5/,
  ],
  [44, "At most 2 partitions", /At most 2 partitions \(POLICY_VIOLATION\)\. Set KAFKA_TOPIC_PARTITIONS/],
  [
    29,
    "Authorization failed.",
    /TOPIC_AUTHORIZATION_FAILED\)\. This account is not allowed to create .* kafka-topics --create/,
  ],
  [31, null, /"new": CLUSTER_AUTHORIZATION_FAILED\. This account is not allowed to create/],
  [-1, "Unexpected", /Unexpected \(UNKNOWN\)\. Create it by hand/],
];

for (const [code, message, text] of PERMANENT) {
  Deno.test(`createMissingTopics() throws PermanentError with reason and remedy when the error code is ${code}`, async () => {
    await withBroker(() => ({ code, message }), async (cluster) => {
      await assert.rejects(createMissingTopics(cluster, ["new"], settings), (error) => {
        assert(error instanceof PermanentError);
        assert.match(error.message, text);
        return true;
      });
    });
  });
}

for (const code of [5, 7, 8, 13, 14, 15, 16, 41, 56, 89]) {
  Deno.test(`createMissingTopics() throws TransientError when the error code is ${code}`, async () => {
    await withBroker(() => ({ code, message: null }), async (cluster) => {
      await assert.rejects(createMissingTopics(cluster, ["new"], settings), TransientError);
    });
  });
}

/** A cluster that allows at most `max` partitions, as the free plan of Aiven. */
const limitedTo = (max: number, code: number) => (_: string, partitions: number) =>
  partitions > max ? { code, message: `At most ${max} partitions.` } : { code: 0, message: null };

const { KAFKA_TOPIC_PARTITIONS: _, ...unset } = settings;

for (const code of [37, 44]) {
  Deno.test(`createMissingTopics() creates as many partitions as the cluster allows when their number is not set and the error code is ${code}`, async () => {
    for (
      const [max, expected] of [[2, /^new with 2 partitions, .* not allow 6: At most 2/], [
        1,
        /^new with 1 partition,/,
      ], [6, /^new$/]] as const
    ) {
      await withBroker(limitedTo(max, code), async (cluster) => {
        const [created] = await createMissingTopics(cluster, ["new"], unset as typeof settings);
        assert.match(created!, expected);
      });
    }
  });

  Deno.test(`createMissingTopics() throws PermanentError with the remedy when the number of partitions is set and the error code is ${code}`, async () => {
    await withBroker(limitedTo(2, code), async (cluster) => {
      await assert.rejects(
        createMissingTopics(cluster, ["new"], { ...settings, KAFKA_TOPIC_PARTITIONS: 6 }),
        (error) => {
          assert(error instanceof PermanentError);
          assert.match(error.message, /At most 2 partitions .* Set KAFKA_TOPIC_PARTITIONS/);
          return true;
        },
      );
    });
  });
}

Deno.test("createMissingTopics() throws PermanentError with the first reason when the cluster allows no number of partitions", async () => {
  await withBroker(
    (_, partitions) => ({ code: 44, message: `Policy: ${partitions}` }),
    async (cluster, broker) => {
      await assert.rejects(
        createMissingTopics(cluster, ["new"], unset as typeof settings),
        /Policy: 6 \(POLICY_VIOLATION\)/,
      );
      assert.equal(broker.requests.filter((request) => request === "CreateTopics").length, 6);
    },
  );
});
