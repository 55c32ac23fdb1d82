import assert from "assert";
import * as fc from "fast-check";
import createKafkajsAssigner from "kafkajs/src/consumer/assigners/roundRobinAssigner/index.js";
import { type Assignor, ASSIGNORS, type Member, range, roundRobin } from "./assignors.ts";
import {
  type Assignment,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "../../shared/kafka/group/subscription.ts";

const partitionsOf = (counts: Readonly<Record<string, number>>) =>
  new Map(
    Object.entries(counts).map(([topic, count]) => [topic, Array.from({ length: count }, (_, i) => i)]),
  );

const membersOf = (subscriptions: Readonly<Record<string, readonly string[]>>): Member[] =>
  Object.entries(subscriptions).map(([memberId, topics]) => ({ memberId, topics }));

function assignment(
  assignor: Assignor,
  subscriptions: Readonly<Record<string, readonly string[]>>,
  counts: Readonly<Record<string, number>>,
) {
  return Object.fromEntries(assignor.assign(membersOf(subscriptions), partitionsOf(counts)));
}

// The cases of Kafka's RangeAssignorTest without racks.
const RANGE = [
  ["a member without topics", { a: [] }, {}, { a: {} }],
  ["a topic that does not exist", { a: ["t"] }, {}, { a: {} }],
  ["one member", { a: ["t"] }, { t: 3 }, { a: { t: [0, 1, 2] } }],
  ["topics without subscribers", { a: ["t"] }, { t: 3, u: 3 }, { a: { t: [0, 1, 2] } }],
  ["two topics", { a: ["t", "u"] }, { t: 1, u: 2 }, { a: { t: [0], u: [0, 1] } }],
  ["more members than partitions", { a: ["t"], b: ["t"] }, { t: 1 }, { a: { t: [0] }, b: {} }],
  ["two members, two partitions", { b: ["t"], a: ["t"] }, { t: 2 }, { a: { t: [0] }, b: { t: [1] } }],
  [
    "mixed subscriptions",
    { a: ["t"], b: ["t", "u"], c: ["t"] },
    { t: 3, u: 2 },
    { a: { t: [0] }, b: { t: [1], u: [0, 1] }, c: { t: [2] } },
  ],
  [
    "three partitions for two members",
    { a: ["t", "u"], b: ["t", "u"] },
    { t: 3, u: 3 },
    { a: { t: [0, 1], u: [0, 1] }, b: { t: [2], u: [2] } },
  ],
] as const;

for (const [what, subscriptions, counts, expected] of RANGE) {
  Deno.test(`range.assign() assigns like Java's RangeAssignor when a group has ${what}`, () => {
    assert.deepEqual(assignment(range, subscriptions, counts), expected);
  });
}

Deno.test("range.assign() sorts static members first, by instance id", () => {
  const members: Member[] = [
    { memberId: "a", topics: ["t"] },
    { memberId: "z", groupInstanceId: "2", topics: ["t"] },
    { memberId: "y", groupInstanceId: "3", topics: ["t"] },
  ];
  assert.deepEqual(Object.fromEntries(range.assign(members, partitionsOf({ t: 3 }))), {
    z: { t: [0] },
    y: { t: [1] },
    a: { t: [2] },
  });
});

Deno.test("roundRobin.assign() assigns like kafkajs when all members have the same subscription", async () => {
  await fc.assert(
    fc.asyncProperty(
      // kafkajs fails with a member named "constructor".
      fc.uniqueArray(fc.stringMatching(/^consumer-[a-z0-9]{1,3}$/), { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(7), { minLength: 1, maxLength: 4 }),
      async (memberIds, counts) => {
        const topics = counts.map((_, i) => `t${i}`);
        const partitions = partitionsOf(Object.fromEntries(topics.map((topic, i) => [topic, counts[i]!])));
        const kafkajs = createKafkajsAssigner({
          cluster: {
            findTopicPartitionMetadata: (topic: string) =>
              partitions.get(topic)!.map((partitionId) => ({ partitionId })),
          },
        });
        const members = memberIds.map((memberId) => ({ memberId, topics }));
        const theirs: { memberId: string; memberAssignment: Parameters<typeof decodeAssignment>[0] }[] =
          await kafkajs.assign({ members, topics });
        const expected = new Map(
          theirs.map((each) => [each.memberId, decodeAssignment(each.memberAssignment)]),
        );
        for (const [memberId, ours] of roundRobin.assign(members, partitions)) {
          assert.deepEqual({ ...ours }, { ...expected.get(memberId) });
        }
        // The name and the encoded subscription equal those of kafkajs, too.
        const { name, metadata } = kafkajs.protocol({ topics });
        assert.deepEqual([name, metadata], [roundRobin.name, encodeSubscription(topics)]);
      },
    ),
  );
});

const ownedOf = (assignment: Assignment, topic: string) =>
  Object.hasOwn(assignment, topic) ? assignment[topic]! : [];

Deno.test("assign() assigns each partition to one subscriber of its topic, and distributes each topic evenly", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ASSIGNORS),
      fc.array(fc.subarray(["t", "constructor", "v"]), { minLength: 1, maxLength: 6 }),
      fc.record({ t: fc.nat(9), constructor: fc.nat(9), v: fc.nat(9) }),
      (assignor, subscriptions, counts) => {
        const members = subscriptions.map((topics, i) => ({ memberId: `m${i}`, topics }));
        const result = assignor.assign(members, partitionsOf(counts));
        assert.equal(result.size, members.length);
        for (const [topic, count] of Object.entries(counts)) {
          const subscribers = members.filter(({ topics }) => topics.includes(topic));
          const owned = members.map(({ memberId }) => ownedOf(result.get(memberId)!, topic));
          assert.deepEqual(
            owned.flat().sort(),
            subscribers.length === 0 ? [] : Array.from({ length: count }, (_, i) => i),
          );
          members.forEach((member, i) => assert(owned[i]!.length === 0 || subscribers.includes(member)));
          if (assignor !== range || subscribers.length === 0) continue;
          const sizes = subscribers.map(({ memberId }) => ownedOf(result.get(memberId)!, topic).length);
          assert(Math.max(...sizes) - Math.min(...sizes) <= 1);
        }
      },
    ),
  );
});

Deno.test("decodeSubscription() reads versions 0 to 3; decodeAssignment() reads an empty assignment", async () => {
  const { Buffer } = await import("node:buffer");
  const topics = ["t", "grün"];
  const version0 = encodeSubscription(topics);
  assert.deepEqual(decodeSubscription(version0), topics);
  // Version 3, as Java's consumer writes it, appends owned partitions, generation and rack.
  const version3 = Buffer.concat([
    Buffer.from([0, 3]),
    version0.subarray(2, -4),
    Buffer.from(
      "ffffffff" + "00000001" + "000174" + "00000001" + "00000000" + "00000007" + "0001" + "72",
      "hex",
    ),
  ]);
  assert.deepEqual(decodeSubscription(version3), topics);
  assert.throws(() => decodeSubscription(Buffer.from([0, 0, 0])));
  assert.deepEqual(decodeAssignment(encodeAssignment({ t: [0, 2] })), { t: [0, 2] });
  assert.deepEqual(decodeAssignment(null), {});
  assert.deepEqual(decodeAssignment(Buffer.alloc(0)), {});
});
