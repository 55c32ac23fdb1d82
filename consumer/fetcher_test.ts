import assert from "assert";
import type { KafkaMessage } from "kafkajs";
import type { KafkaCluster } from "../shared/kafka/cluster.ts";
import { Fetcher } from "./fetcher.ts";

interface Position {
  readonly topic: string;
  readonly partition: number;
  nextOffset: number | undefined;
}

/** A cluster of one broker whose Fetch requests the test answers. */
class Cluster {
  /** Unanswered requests, with the offsets that they fetch. */
  readonly requests: {
    offsets: number[];
    answer: (messages: readonly string[]) => void;
    fail: (error: Error) => void;
  }[] = [];

  /** Waits for a Fetch request and removes it from {@link requests}. */
  async request() {
    for (let tries = 0; this.requests.length === 0; tries++) {
      if (tries > 200) assert.fail("Timed out waiting for a Fetch request");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.requests.shift()!;
  }

  asCluster(): KafkaCluster {
    const metadata = {
      brokers: [],
      controllerId: 1,
      topics: [{ name: "t", partitions: [{ partition: 0, leader: 1 }] }],
    };
    const broker = {
      maxVersion: () => 4,
      protocol: (_: string, fields: unknown) => ({ request: { apiVersion: 4, fields }, response: {} }),
      send: ({ request }: { request: { apiName?: string; fields: Fields } }) => {
        if (request.apiName === "Metadata") return Promise.resolve(metadata);
        const { promise, resolve, reject } = Promise.withResolvers<unknown>();
        const offsets = request.fields.topics.flatMap(({ partitions }) =>
          partitions.map(({ fetchOffset }) => fetchOffset)
        );
        const answer = (messages: readonly string[]) =>
          resolve({
            responses: [{ topicName: "t", partitions: [{ partition: 0, errorCode: 0, messages }] }],
          });
        this.requests.push({ offsets, answer, fail: reject });
        return promise;
      },
    };
    return {
      any: () => Promise.resolve(broker),
      node: () => Promise.resolve(broker),
      update: () => Promise.resolve(),
      drop: () => {},
    } as unknown as KafkaCluster;
  }
}

interface Fields {
  readonly topics: readonly { readonly partitions: readonly { readonly fetchOffset: number }[] }[];
}

function setUp(onRetry = (error: unknown): void => assert.fail(String(error))) {
  const cluster = new Cluster();
  const member = { isAlive: true };
  const received: (readonly KafkaMessage[])[] = [];
  const at: Position = { topic: "t", partition: 0, nextOffset: 5 };
  const fetcher = new Fetcher<Position>({
    cluster: cluster.asCluster(),
    maxBytes: 1_000,
    partitionMaxBytes: 1_000,
    maxWaitMs: 10,
    isAlive: () => member.isAlive,
    read: { checkCrcs: true, decompressedBytesMax: 1_000 },
    onMessages: (position, messages) => {
      received.push(messages);
      position.nextOffset = position.nextOffset! + messages.length;
    },
    onOutOfRange: () => assert.fail("out of range"),
    waitForCapacity: () => Promise.resolve(),
    onRetry,
  });
  fetcher.start([at]);
  /** Stops the fetcher and answers its last request. */
  const end = async () => {
    fetcher.stop();
    cluster.requests.shift()?.answer([]);
    // Pauses until the next metadata request or retry end.
    await new Promise((resolve) => setTimeout(resolve, 300));
  };
  return { cluster, member, received, at, fetcher, end };
}

Deno.test("Fetcher passes on messages and continues after them", async () => {
  const { cluster, received, end } = setUp();
  const first = await cluster.request();
  assert.deepEqual(first.offsets, [5]);
  first.answer(["a", "b"]);
  const second = await cluster.request();
  assert.deepEqual([second.offsets, received], [[7], [["a", "b"]]]);
  second.answer([]);
  await end();
});

Deno.test("Fetcher drops a response when the position changed while it was in flight", async () => {
  const { cluster, received, at, end } = setUp();
  const first = await cluster.request();
  // As after a fence.
  at.nextOffset = 100;
  first.answer(["a", "b"]);
  const second = await cluster.request();
  assert.deepEqual([second.offsets, received, at.nextOffset], [[100], [], 100]);
  second.answer([]);
  await end();
});

Deno.test("Fetcher drops a response when the assignment ended while it was in flight", async () => {
  const { cluster, received, fetcher, end } = setUp();
  const first = await cluster.request();
  fetcher.stop();
  first.answer(["a", "b"]);
  await end();
  assert.deepEqual([received, cluster.requests], [[], []]);
});

Deno.test("Fetcher drops responses and stops fetching when the membership has expired", async () => {
  const { cluster, member, received, end } = setUp();
  const first = await cluster.request();
  member.isAlive = false;
  first.answer(["a", "b"]);
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.deepEqual([received, cluster.requests], [[], []]);
  member.isAlive = true;
  const second = await cluster.request();
  assert.deepEqual(second.offsets, [5]);
  second.answer([]);
  await end();
});

Deno.test("Fetcher fetches again when a request fails shortly before metadata is fetched", async () => {
  const { cluster, end } = setUp(() => {});
  // Metadata is fetched every 250 ms while a leader is missing; a broker that failed is retried after 100 ms.
  for (const ms of [170, 200, 230]) {
    const request = await cluster.request();
    await new Promise((resolve) => setTimeout(resolve, ms));
    request.fail(Object.assign(new Error("Closed connection"), { name: "KafkaJSConnectionClosedError" }));
  }
  (await cluster.request()).answer([]);
  await end();
});
