import assert from "assert";
import { KafkaJSConnectionError, KafkaJSMemberIdRequired } from "kafkajs/src/errors.js";
import { createErrorFromCode, errorCodes } from "kafkajs/src/protocol/error.js";
import type { ApiName } from "../../shared/kafka/cluster.ts";
import { pause } from "../../shared/lifecycle.ts";
import { GroupMembership, type GroupMembershipOptions } from "./membership.ts";
import {
  decodeAssignment,
  encodeAssignment,
  encodeSubscription,
} from "../../shared/kafka/group/subscription.ts";

const SESSION_MS = 300, HEARTBEAT_MS = 20;

type Fields = Record<string, unknown>;
/** What the coordinator does with a request: throws, answers, or never does either. */
type Reply = (fields: Fields) => unknown;

const failsWith = (type: string): Reply => () => {
  throw createErrorFromCode(errorCodes.find((error: { type: string }) => error.type === type)!.code);
};
const isGone: Reply = () => {
  throw new KafkaJSConnectionError("Connection error: gone");
};
const isSilent: Reply = () => new Promise(() => {});

/** A group of one member, unless a test says otherwise, and what happened, in order. */
class Group {
  readonly events: string[] = [];
  readonly errors: unknown[] = [];
  /** Replies to the next requests of an API, before the usual ones. */
  readonly script: Partial<Record<ApiName, Reply[]>> = {};
  /** The usual replies. */
  readonly replies: Partial<Record<ApiName, Reply>> = {
    JoinGroup: ({ memberId }) => {
      if (memberId === "") {
        throw new KafkaJSMemberIdRequired(createErrorFromCode(79), { memberId: `m${++this.members}` });
      }
      return {
        generationId: ++this.generation,
        groupProtocol: "range",
        leaderId: "other",
        memberId,
        members: [],
      };
    },
    SyncGroup: () => ({ memberAssignment: encodeAssignment({ t: [0, 1] }) }),
    Heartbeat: () => ({}),
    OffsetCommit: () => ({}),
    LeaveGroup: () => ({}),
  };
  generation = 0;
  members = 0;
  now: () => number = () => performance.now();
  readonly membership: GroupMembership;

  constructor(options: Partial<GroupMembershipOptions> = {}) {
    this.membership = new GroupMembership({
      coordinator: {
        request: <T>(api: ApiName, fields: Fields) => this.#request(api, fields) as Promise<T>,
        forget: () => this.events.push("forget"),
      },
      topics: ["t"],
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: 1_000,
      heartbeatIntervalMs: HEARTBEAT_MS,
      fetchPartitions: () => Promise.resolve(new Map([["t", [0, 1]]])),
      onAssigned: (assignment, member) =>
        this.events.push(`assigned ${member} ${JSON.stringify(assignment)}`),
      onRevoked: () => this.events.push("revoked"),
      onHeartbeat: () => {},
      onRetry: (error) => this.errors.push(error),
      now: () => this.now(),
      ...options,
    });
  }

  async #request(api: ApiName, fields: Fields): Promise<unknown> {
    if (api !== "Heartbeat") this.events.push(api);
    const reply = this.script[api]?.shift() ?? this.replies[api]!;
    return await reply(fields);
  }

  count(event: string): number {
    return this.events.filter((each) => each.startsWith(event)).length;
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    for (const started = performance.now(); !condition();) {
      assert(performance.now() - started < 5_000, `waited in vain for ${what}: ${this.events.join(", ")}`);
      await pause(1);
    }
  }

  /** Joins for the first time. */
  async join(): Promise<void> {
    this.membership.run().catch(() => {});
    await this.until(() => this.count("assigned") === 1, "the first assignment");
  }

  /** Waits until it has its `n`th assignment, and holds that it was revoked from the one before first of all. */
  async rejoined(n = 2): Promise<void> {
    await this.until(() => this.count("assigned") === n, `assignment ${n}`);
    const last = this.events.findLastIndex((event) => event.startsWith("assigned"));
    const before = this.events.slice(0, last).findLastIndex((event) => event.startsWith("assigned"));
    const between = this.events.slice(before + 1, last);
    assert.equal(between.find((event) => event !== "forget"), "revoked", between.join(", "));
    assert.equal(this.membership.isAlive(), true);
  }
}

Deno.test("run() joins with a member id, takes the assignment of its topics only, and leave() leaves", async () => {
  const group = new Group();
  group.replies.SyncGroup = () => ({ memberAssignment: encodeAssignment({ t: [1], foreign: [0] }) });
  assert.equal(group.membership.isAlive(), false);
  await group.join();
  assert.deepEqual(group.events, ["JoinGroup", "JoinGroup", "SyncGroup", 'assigned m1 {"t":[1]}']);
  assert.equal(group.membership.state, "stable");
  await group.membership.leave();
  assert.deepEqual(group.events.slice(4), ["revoked", "LeaveGroup"]);
  assert.equal(group.membership.state, "left");
});

// While a member without an assignment joins, whatever fails: no fetching.
for (const api of ["JoinGroup", "SyncGroup"] as const) {
  for (
    const [what, reply] of [
      ["the coordinator is gone", isGone],
      ["the coordinator has moved", failsWith("NOT_COORDINATOR_FOR_GROUP")],
      ["the coordinator is not available", failsWith("GROUP_COORDINATOR_NOT_AVAILABLE")],
      ["the coordinator loads the group", failsWith("GROUP_LOAD_IN_PROGRESS")],
      ["the group rebalances", failsWith("REBALANCE_IN_PROGRESS")],
      ["the member is unknown", failsWith("UNKNOWN_MEMBER_ID")],
      ["the generation is over", failsWith("ILLEGAL_GENERATION")],
    ] as const
  ) {
    Deno.test(`run() is revoked first and joins until it succeeds when ${what} at ${api}`, async () => {
      const group = new Group();
      await group.join();
      // What the issue was found with: the member is not known any more, and then joining fails.
      group.script[api] = [reply, reply];
      group.script.Heartbeat = [failsWith("UNKNOWN_MEMBER_ID")];
      await group.rejoined();
      assert(group.count(api) >= (api === "JoinGroup" ? 5 : 4), group.events.join(", "));
      await group.membership.leave();
    });
  }
}

Deno.test("run() is not alive and has no assignment while joining is not answered", async () => {
  for (const api of ["JoinGroup", "SyncGroup"] as const) {
    const group = new Group();
    await group.join();
    group.script[api] = [isSilent];
    group.script.Heartbeat = [failsWith("REBALANCE_IN_PROGRESS")];
    await group.until(() => group.count(api) === (api === "JoinGroup" ? 3 : 2), api);
    await pause(SESSION_MS + 50);
    assert.equal(group.membership.state, "joining");
    assert.equal(group.membership.isAlive(), false);
    assert.deepEqual([group.count("assigned"), group.count("revoked")], [1, 1]);
    // It does not have to wait for the answer.
    await group.membership.leave();
    assert.deepEqual(group.events.slice(-2), ["forget", "LeaveGroup"]);
  }
});

for (
  const { type, keepsId } of [
    { type: "REBALANCE_IN_PROGRESS", keepsId: true },
    { type: "ILLEGAL_GENERATION", keepsId: true },
    { type: "UNKNOWN_MEMBER_ID", keepsId: false },
  ]
) {
  Deno.test(`run() joins again with ${keepsId ? "the same" : "another"} member id after ${type}`, async () => {
    const group = new Group();
    await group.join();
    group.script.Heartbeat = [failsWith(type)];
    await group.rejoined();
    assert.equal(group.count("assigned m1"), keepsId ? 2 : 1);
    await group.membership.leave();
  });
}

Deno.test("run() keeps its assignment while the coordinator does not answer for less than a session timeout", async () => {
  const group = new Group();
  await group.join();
  group.script.Heartbeat = [isGone, failsWith("NOT_COORDINATOR_FOR_GROUP")];
  await group.until(() => group.script.Heartbeat!.length === 0, "heartbeats");
  await pause(3 * HEARTBEAT_MS);
  assert.equal(group.count("revoked"), 0);
  assert.equal(group.errors.length, 2);
  await group.membership.leave();
});

for (const [what, reply] of [["fail", isGone], ["are not answered", isSilent]] as const) {
  Deno.test(`run() ends the membership and joins again when heartbeats ${what} for a session timeout`, async () => {
    const group = new Group();
    await group.join();
    const started = performance.now();
    const { Heartbeat } = group.replies;
    group.replies.Heartbeat = reply;
    await group.until(() => group.count("revoked") === 1, "revocation");
    assert(performance.now() - started > SESSION_MS / 2);
    group.replies.Heartbeat = Heartbeat!;
    await group.rejoined();
    // A connection that does not answer is replaced before that.
    if (reply === isSilent) assert(group.events.indexOf("forget") < group.events.indexOf("revoked"));
    await group.membership.leave();
  });
}

Deno.test("isAlive() is false at once when the process was stopped for a session timeout, and the member joins again", async () => {
  const group = new Group();
  await group.join();
  let stopped = 0;
  group.now = () => performance.now() + stopped;
  assert.equal(group.membership.isAlive(), true);
  stopped = SESSION_MS;
  assert.equal(group.membership.isAlive(), false);
  await group.rejoined();
  await group.membership.leave();
});

Deno.test("run() confirms by a heartbeat an assignment that was long in coming", async () => {
  const group = new Group();
  let stopped = 0;
  group.now = () => performance.now() + stopped;
  const { SyncGroup } = group.replies;
  group.script.SyncGroup = [(fields) => {
    stopped = 2 * SESSION_MS;
    return SyncGroup!(fields);
  }];
  // Meanwhile the coordinator has given up the member.
  group.script.Heartbeat = [failsWith("UNKNOWN_MEMBER_ID")];
  await group.join();
  assert.equal(group.events.at(-1), 'assigned m2 {"t":[0,1]}');
  await group.membership.leave();
});

Deno.test("rejoin() ends the generation and joins again", async () => {
  const group = new Group();
  group.membership.rejoin("before there is an assignment it does nothing");
  await group.join();
  assert.equal(group.count("revoked"), 0);
  group.membership.rejoin("fenced");
  await group.rejoined();
  await group.membership.leave();
});

for (
  const type of [
    "INCONSISTENT_GROUP_PROTOCOL",
    "GROUP_AUTHORIZATION_FAILED",
    "FENCED_INSTANCE_ID",
    "INVALID_SESSION_TIMEOUT",
  ]
) {
  Deno.test(`run() throws ${type}`, async () => {
    const group = new Group();
    group.script.JoinGroup = [failsWith(type)];
    await assert.rejects(group.membership.run(), { type });
    const later = new Group();
    later.script.Heartbeat = [failsWith(type)];
    await assert.rejects(later.membership.run(), { type });
    assert.equal(later.events.at(-1), "revoked");
  });
}

Deno.test("run() distributes partitions by the members' subscriptions when it leads the group", async () => {
  const asked: string[][] = [];
  const group = new Group({
    fetchPartitions: (topics) => {
      asked.push([...topics]);
      return Promise.resolve(new Map([["t", [0, 1]], ["u", [0]]]));
    },
  });
  group.replies.JoinGroup = () => ({
    generationId: ++group.generation,
    groupProtocol: "range",
    leaderId: "m1",
    memberId: "m1",
    members: [
      { memberId: "m1", memberMetadata: encodeSubscription(["t"]) },
      { memberId: "m2", memberMetadata: encodeSubscription(["u"]) },
      { memberId: "m3", memberMetadata: new Uint8Array(1) },
    ],
  });
  let distributed: unknown;
  group.replies.SyncGroup = ({ groupAssignment }) => {
    const list = groupAssignment as {
      memberId: string;
      memberAssignment: Parameters<typeof decodeAssignment>[0];
    }[];
    distributed = list.map((
      { memberId, memberAssignment },
    ) => [memberId, decodeAssignment(memberAssignment)]);
    return { memberAssignment: list[0]!.memberAssignment };
  };
  await group.join();
  assert.deepEqual(asked, [["t", "u"]]);
  assert.deepEqual(distributed, [["m1", { t: [0, 1] }], ["m2", { u: [0] }], ["m3", {}]]);
  await group.membership.leave();
});

Deno.test("run() joins again when it leads the group and a topic has more partitions", async () => {
  let partitions = [0];
  const group = new Group({ fetchPartitions: () => Promise.resolve(new Map([["t", partitions]])) });
  const { JoinGroup } = group.replies;
  group.replies.JoinGroup = (fields) => ({
    ...JoinGroup!(fields) as Fields,
    leaderId: fields["memberId"],
    members: [{ memberId: fields["memberId"], memberMetadata: encodeSubscription(["t"]) }],
  });
  await group.join();
  partitions = [0, 1];
  let later = 0;
  group.now = () => performance.now() + later;
  await pause(3 * HEARTBEAT_MS);
  assert.equal(group.count("revoked"), 0);
  // The time that passes between two requests for metadata must not look like a lost session.
  for (; later < 31_000 && group.count("revoked") === 0; later += SESSION_MS / 4) {
    await pause(HEARTBEAT_MS / 2);
  }
  await group.rejoined();
  await group.membership.leave();
});

Deno.test("commit() commits as the current generation, and only while there is one", async () => {
  const group = new Group();
  const offsets = [{ topic: "t", partition: 1, offset: "7" }];
  await assert.rejects(group.membership.commit(offsets));
  await group.join();
  let committed: unknown;
  group.replies.OffsetCommit = (fields) => committed = fields;
  await group.membership.commit(offsets);
  assert.deepEqual(committed, {
    groupGenerationId: 1,
    memberId: "m1",
    topics: [{ topic: "t", partitions: offsets }],
  });
  await group.membership.leave();
});
