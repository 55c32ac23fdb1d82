import assert from "assert";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { FakeBroker, type Handler } from "../broker_fixture.ts";
import { testSettings } from "../cluster_fixture.ts";
import { KafkaCluster } from "../cluster.ts";
import { GroupCoordinator } from "./coordinator.ts";

const MOVED = 16, NOT_AVAILABLE = 15;

const found = (nodeId: number, { port }: FakeBroker): Handler => () =>
  new Encoder().writeInt32(0).writeInt16(0).writeString(null).writeInt32(nodeId).writeString("127.0.0.1")
    .writeInt32(port);
const notFound: Handler = () =>
  new Encoder().writeInt32(0).writeInt16(NOT_AVAILABLE).writeString(null).writeInt32(-1).writeString("")
    .writeInt32(-1);
const heartbeat = (errorCode: number): Handler => () => new Encoder().writeInt32(0).writeInt16(errorCode);

const VERSIONS = { GroupCoordinator: 2, Heartbeat: 3 };
const HEARTBEAT = { groupGenerationId: 1, memberId: "m" };

Deno.test("GroupCoordinator.request() looks up the coordinator once, and again when it has moved, disconnected or timed out", async () => {
  await using first = await FakeBroker.start(VERSIONS, {});
  await using second = await FakeBroker.start(VERSIONS, {});
  for (const { handlers } of [first, second]) handlers.GroupCoordinator = found(1, first);
  first.handlers.Heartbeat = second.handlers.Heartbeat = heartbeat(0);
  using cluster = new KafkaCluster(testSettings(first.port, second.port), "test", () => () => {});
  const coordinator = new GroupCoordinator(cluster, "g");
  const beat = () => coordinator.request("Heartbeat", HEARTBEAT);
  const failures: readonly [Handler, object][] = [
    [heartbeat(MOVED), { type: "NOT_COORDINATOR_FOR_GROUP" }],
    [() => "close", { name: "KafkaJSConnectionClosedError" }],
    [() => "silence", { name: "KafkaJSRequestTimeoutError" }],
  ];
  for (const [failure, error] of failures) {
    await beat();
    await beat();
    first.handlers.Heartbeat = failure;
    await assert.rejects(beat(), error);
    for (const { handlers } of [first, second]) handlers.GroupCoordinator = found(2, second);
    second.requests.length = 0;
    await beat();
    await beat();
    assert.deepEqual(second.requests.filter((name) => name === "Heartbeat").length, 2);
    // Move the coordinator back.
    second.handlers.Heartbeat = () => "close";
    await assert.rejects(beat());
    for (const { handlers } of [first, second]) handlers.GroupCoordinator = found(1, first);
    first.handlers.Heartbeat = second.handlers.Heartbeat = heartbeat(0);
  }
  const lookups = first.requests.filter((name) => name === "GroupCoordinator").length +
    second.requests.filter((name) => name === "GroupCoordinator").length;
  assert(lookups <= 2 * failures.length + 1, `${lookups} lookups`);
});

Deno.test("GroupCoordinator.request() throws the lookup's error, also when forget() aborts the lookup", async () => {
  await using broker = await FakeBroker.start(VERSIONS, { GroupCoordinator: notFound });
  using cluster = new KafkaCluster(testSettings(broker.port), "test", () => () => {});
  const coordinator = new GroupCoordinator(cluster, "g");
  const beat = () => coordinator.request("Heartbeat", HEARTBEAT);
  await assert.rejects(beat(), { type: "GROUP_COORDINATOR_NOT_AVAILABLE" });
  const { promise: requested, resolve } = Promise.withResolvers<void>();
  broker.handlers.GroupCoordinator = () => {
    resolve();
    return "silence";
  };
  const aborted = assert.rejects(beat(), { name: "KafkaJSConnectionClosedError" });
  await requested;
  coordinator.forget();
  await aborted;
  broker.handlers.GroupCoordinator = found(1, broker);
  broker.handlers.Heartbeat = heartbeat(0);
  await beat();
});
