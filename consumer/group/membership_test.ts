import assert from "assert";
import {
  decodeAssignment,
  encodeAssignment,
  encodeSubscription,
} from "../../shared/kafka/group/subscription.ts";
import { pause } from "../../shared/lifecycle.ts";
import {
  failsToConnect,
  failsWith,
  type Fields,
  GroupFixture,
  HEARTBEAT_INTERVAL_MS,
  neverAnswers,
  SESSION_TIMEOUT_MS,
} from "./group_fixture.ts";

Deno.test("run() joins with a member id and drops partitions of other topics; leave() leaves the group", async () => {
  const group = new GroupFixture();
  group.replies.SyncGroup = () => ({ memberAssignment: encodeAssignment({ t: [1], foreign: [0] }) });
  assert.equal(group.membership.isAlive(), false);
  await group.join();
  assert.deepEqual(group.events, ["JoinGroup", "JoinGroup", "SyncGroup", 'assigned m1 {"t":[1]}']);
  assert.equal(group.membership.state, "stable");
  await group.membership.leave();
  assert.deepEqual(group.events.slice(4), ["revoked", "LeaveGroup"]);
  assert.equal(group.membership.state, "left");
});

// A member must not fetch while it joins, whichever request fails.
for (const api of ["JoinGroup", "SyncGroup"] as const) {
  for (
    const [what, reply] of [
      ["the coordinator is unavailable", failsToConnect],
      ["the coordinator moved", failsWith("NOT_COORDINATOR_FOR_GROUP")],
      ["there is no coordinator", failsWith("GROUP_COORDINATOR_NOT_AVAILABLE")],
      ["the coordinator loads the group", failsWith("GROUP_LOAD_IN_PROGRESS")],
      ["the group rebalances", failsWith("REBALANCE_IN_PROGRESS")],
      ["the member is unknown", failsWith("UNKNOWN_MEMBER_ID")],
      ["the generation ended", failsWith("ILLEGAL_GENERATION")],
    ] as const
  ) {
    Deno.test(`run() revokes the assignment before it rejoins when ${what} at ${api}`, async () => {
      const group = new GroupFixture();
      await group.join();
      // The coordinator no longer knows the member, and then joining fails twice.
      group.script[api] = [reply, reply];
      group.script.Heartbeat = [failsWith("UNKNOWN_MEMBER_ID")];
      await group.assertRejoined();
      assert(group.count(api) >= (api === "JoinGroup" ? 5 : 4), group.events.join(", "));
      await group.membership.leave();
    });
  }
}

Deno.test("run() has no assignment and isAlive() is false when the coordinator does not answer JoinGroup or SyncGroup", async () => {
  for (const api of ["JoinGroup", "SyncGroup"] as const) {
    const group = new GroupFixture();
    await group.join();
    group.script[api] = [neverAnswers];
    group.script.Heartbeat = [failsWith("REBALANCE_IN_PROGRESS")];
    await group.waitFor(() => group.count(api) === (api === "JoinGroup" ? 3 : 2), api);
    await pause(SESSION_TIMEOUT_MS + 50);
    assert.equal(group.membership.state, "joining");
    assert.equal(group.membership.isAlive(), false);
    assert.deepEqual([group.count("assigned"), group.count("revoked")], [1, 1]);
    // Leaving does not wait for the response.
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
  Deno.test(`run() rejoins with ${keepsId ? "the same" : "a new"} member id when a heartbeat fails with ${type}`, async () => {
    const group = new GroupFixture();
    await group.join();
    group.script.Heartbeat = [failsWith(type)];
    await group.assertRejoined();
    assert.equal(group.count("assigned m1"), keepsId ? 2 : 1);
    await group.membership.leave();
  });
}

Deno.test("run() keeps its assignment when heartbeats fail for less than the session timeout", async () => {
  const group = new GroupFixture();
  await group.join();
  group.script.Heartbeat = [failsToConnect, failsWith("NOT_COORDINATOR_FOR_GROUP")];
  await group.waitFor(() => group.script.Heartbeat!.length === 0, "heartbeats");
  await pause(3 * HEARTBEAT_INTERVAL_MS);
  assert.equal(group.count("revoked"), 0);
  assert.equal(group.errors.length, 2);
  await group.membership.leave();
});

for (const [what, reply] of [["fail", failsToConnect], ["time out", neverAnswers]] as const) {
  Deno.test(`run() revokes the assignment and rejoins when heartbeats ${what} for the session timeout`, async () => {
    const group = new GroupFixture();
    await group.join();
    const started = performance.now();
    const { Heartbeat } = group.replies;
    group.replies.Heartbeat = reply;
    await group.waitFor(() => group.count("revoked") === 1, "revocation");
    assert(performance.now() - started > SESSION_TIMEOUT_MS / 2);
    group.replies.Heartbeat = Heartbeat!;
    await group.assertRejoined();
    // A connection that does not answer is replaced before the session timeout.
    if (reply === neverAnswers) assert(group.events.indexOf("forget") < group.events.indexOf("revoked"));
    await group.membership.leave();
  });
}

Deno.test("isAlive() is false and the member rejoins when the process was suspended for the session timeout", async () => {
  const group = new GroupFixture();
  await group.join();
  let suspendedMs = 0;
  group.now = () => performance.now() + suspendedMs;
  assert.equal(group.membership.isAlive(), true);
  suspendedMs = SESSION_TIMEOUT_MS;
  assert.equal(group.membership.isAlive(), false);
  await group.assertRejoined();
  await group.membership.leave();
});

Deno.test("run() confirms the assignment by a heartbeat when the response of SyncGroup was delayed", async () => {
  const group = new GroupFixture();
  let suspendedMs = 0;
  group.now = () => performance.now() + suspendedMs;
  const { SyncGroup } = group.replies;
  group.script.SyncGroup = [(fields) => {
    suspendedMs = 2 * SESSION_TIMEOUT_MS;
    return SyncGroup!(fields);
  }];
  // The coordinator has removed the member meanwhile.
  group.script.Heartbeat = [failsWith("UNKNOWN_MEMBER_ID")];
  await group.join();
  assert.equal(group.events.at(-1), 'assigned m2 {"t":[0,1]}');
  await group.membership.leave();
});

Deno.test("rejoin() revokes the assignment and rejoins when the member is stable", async () => {
  const group = new GroupFixture();
  group.membership.rejoin("no effect without an assignment");
  await group.join();
  assert.equal(group.count("revoked"), 0);
  group.membership.rejoin("fenced");
  await group.assertRejoined();
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
  Deno.test(`run() throws when the coordinator answers ${type}`, async () => {
    const group = new GroupFixture();
    group.script.JoinGroup = [failsWith(type)];
    await assert.rejects(group.membership.run(), { type });
    const later = new GroupFixture();
    later.script.Heartbeat = [failsWith(type)];
    await assert.rejects(later.membership.run(), { type });
    assert.equal(later.events.at(-1), "revoked");
  });
}

Deno.test("run() assigns partitions according to the members' subscriptions when it is the leader", async () => {
  const fetched: string[][] = [];
  const group = new GroupFixture({
    fetchPartitions: (topics) => {
      fetched.push([...topics]);
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
  assert.deepEqual(fetched, [["t", "u"]]);
  assert.deepEqual(distributed, [["m1", { t: [0, 1] }], ["m2", { u: [0] }], ["m3", {}]]);
  await group.membership.leave();
});

Deno.test("run() rejoins when it is the leader and a topic has more partitions", async () => {
  let partitions = [0];
  const group = new GroupFixture({ fetchPartitions: () => Promise.resolve(new Map([["t", partitions]])) });
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
  await pause(3 * HEARTBEAT_INTERVAL_MS);
  assert.equal(group.count("revoked"), 0);
  // The clock advances in steps that are too short for the session timeout.
  for (; later < 31_000 && group.count("revoked") === 0; later += SESSION_TIMEOUT_MS / 4) {
    await pause(HEARTBEAT_INTERVAL_MS / 2);
  }
  await group.assertRejoined();
  await group.membership.leave();
});

Deno.test("commit() commits as a member of the current generation, and throws when there is none", async () => {
  const group = new GroupFixture();
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
