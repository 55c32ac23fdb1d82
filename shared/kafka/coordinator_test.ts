import assert from "assert";
import ConsumerGroup from "kafkajs/src/consumer/consumerGroup.js";
import { KafkaJSConnectionError, KafkaJSProtocolError } from "kafkajs/src/errors.js";
import { followCoordinator } from "./coordinator.ts";

followCoordinator();

/** A broker that keeps count of the heartbeats it gets; `failure` is what it answers. */
function broker(nodeId: number, failure?: Error) {
  return {
    nodeId,
    beats: 0,
    heartbeat() {
      this.beats++;
      return failure ? Promise.reject(failure) : Promise.resolve();
    },
  };
}

type Broker = ReturnType<typeof broker>;

/** A group of kafkajs' that has joined by way of one broker, in a cluster that names another one as its coordinator. */
function joined(coordinator: Broker, found: Broker | Error) {
  const group = new ConsumerGroup({
    groupId: "g",
    logger: { namespace: () => ({}) },
    instrumentationEmitter: { emit: () => {} },
    cluster: {
      findGroupCoordinator: ({ groupId }: { groupId: string }) => {
        assert.equal(groupId, "g");
        return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
      },
    },
  });
  group.coordinator = coordinator;
  group.memberId = "m";
  group.lastRequest = 0;
  return group;
}

const away = () =>
  new KafkaJSConnectionError("connect ECONNREFUSED", { broker: "b:1", code: "ECONNREFUSED" });

Deno.test("heartbeat() goes to the new coordinator when the old one is away", async () => {
  const old = broker(1, away()), next = broker(2);
  const group = joined(old, next);
  await group.heartbeat({ interval: 1 });
  assert.equal(group.coordinator, next);
  assert.deepEqual([old.beats, next.beats], [1, 1]);
  assert.equal(group.memberId, "m");
});

Deno.test("heartbeat() fails as kafkajs does when the coordinator is still the same or can't be found", async () => {
  const old = broker(1, away());
  for (const found of [old, new Error("no broker")]) {
    await assert.rejects(joined(old, found).heartbeat({ interval: 1 }), /ECONNREFUSED/);
  }
  assert.equal(old.beats, 2);
});

Deno.test("heartbeat() leaves it to kafkajs when the coordinator answers with an error", async () => {
  const rebalance = new KafkaJSProtocolError({
    message: "rebalance",
    type: "REBALANCE_IN_PROGRESS",
    code: 27,
  });
  const next = broker(2);
  await assert.rejects(joined(broker(1, rebalance), next).heartbeat({ interval: 1 }), {
    type: "REBALANCE_IN_PROGRESS",
  });
  assert.equal(next.beats, 0);
});
