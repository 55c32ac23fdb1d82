import assert from "assert";
import { send } from "../harness/produce.ts";
import { ALL_RULES, ROUTES } from "../harness/rules.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import { readGroupAssignment, withAdmin } from "../harness/topic.ts";
import { waitUntil } from "../harness/wait.ts";

/** Another stream than that of most scenarios. */
const OTHER = [...ALL_RULES.values()].find((rules) => rules !== ROUTES)!;

scenario({
  name:
    "consumers of one group store everything when their subscriptions differ and Java consumers take part",
  failure: "One group with consumers of different streams, prefixes and clients; the group leader changes",
  result: "Each partition is assigned to a member that subscribes to its topic, and every record is stored",
}, async (s) => {
  const unless = () => ours.forEach((consumer) => consumer.assertRunning());
  await s.produce(1_000);
  await s.produce(1_000, { STREAMS: OTHER.name });
  const foreign = `${s.id}-foreign`;
  await withAdmin(s.kafka.bootstrapServers, async (admin) => {
    await admin.createTopics({ topics: [{ topic: foreign, numPartitions: 3 }] });
  });
  const ours = [
    await s.startConsumer({ STREAMS: ROUTES.name }),
    await s.startConsumer({ STREAMS: OTHER.name }),
  ];
  const owners = () => readGroupAssignment(s.kafka.bootstrapServers, s.group);
  const java = new AbortController();
  const running = s.kafka.tool("kafka-console-consumer", ["--topic", foreign, "--group", s.group], {
    timeoutMs: 120_000,
    signal: java.signal,
  }).catch(() => {});
  const waitForAssignment = (members: number) =>
    waitUntil("every partition to be assigned", async () => {
      const { protocol, partitions, members: count } = await owners();
      return protocol === "range" && count === members && partitions(s.topic()) === PARTITIONS &&
        partitions(s.topic(OTHER)) === PARTITIONS && partitions(foreign) === 3;
    }, { unless });
  try {
    // The leader of the group is one of our consumers.
    await waitForAssignment(3);
    // Now the Java consumer becomes the leader, as the only remaining member.
    for (const consumer of ours) assert.equal((await consumer.stop()).code, 0);
    ours.splice(
      0,
      2,
      await s.startConsumer({ STREAMS: ROUTES.name }),
      await s.startConsumer({ STREAMS: OTHER.name }),
    );
    await waitForAssignment(3);
  } finally {
    java.abort();
    await running;
  }
  await s.produce(1_000, { PRODUCER_SEED: "more" });
  await s.reconcile({ unless });
  await s.reconcile({ unless, rules: OTHER });
});

scenario({
  name: "consumers of one group store everything when their topic prefixes differ",
  failure: "One group and one table, consumers with KAFKA_TOPIC_PREFIX team1. and team2.",
  result: "Both store all records of their topics",
}, async (s) => {
  const prefixes = ["team1.", "team2."].map((team) => `${s.topicPrefix}${team}`);
  const values = (n: number) => ({ userID: n, timestamp: n, coordinates: [1, 2] });
  const consumers = await Promise.all(
    prefixes.map((prefix) => s.startConsumer({ KAFKA_TOPIC_PREFIX: prefix })),
  );
  for (const [team, prefix] of prefixes.entries()) {
    await consumers[team]!.waitForReady();
    const records = Array.from({ length: 400 }, (_, n) => ({
      key: `${n}`,
      value: JSON.stringify(values(1_000 * team + n)),
    }));
    await send(s.kafka.bootstrapServers, `${prefix}routes`, records);
  }
  const stored = (team: number) =>
    s.database.number(`SELECT count(DISTINCT user_id) FROM routes_table WHERE user_id / 1000 = ${team}`);
  await waitUntil(
    "all records to be stored",
    async () => await stored(0) === 400 && await stored(1) === 400,
    {
      unless: () => consumers.forEach((consumer) => consumer.assertRunning()),
    },
  );
  assert.equal(await s.countRows(), 800);
});

scenario({
  name: "consumer exits 2 when other members of its group use an incompatible protocol",
  failure: "The group is in use by Java consumers that support only the cooperative-sticky assignor",
  result: "Exit code 2, with the group and the remedy",
}, async (s) => {
  await withGroupOf(s, "org.apache.kafka.clients.consumer.CooperativeStickyAssignor", async () => {
    const consumer = await s.startConsumer();
    assert.equal(await consumer.exited, 2);
    assert.match(consumer.log, /CONSUMER_GROUP_ID/);
    assert.doesNotMatch(consumer.log, /Unexpected error/);
  });
});

/** Runs `use` while a Java consumer with an assignor is the only member of the scenario's group. */
async function withGroupOf(s: ScenarioContext, assignor: string, use: () => Promise<void>): Promise<void> {
  const topic = `${s.id}-foreign`;
  await withAdmin(s.kafka.bootstrapServers, async (admin) => {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  });
  const java = new AbortController();
  const running = s.kafka.tool("kafka-console-consumer", [
    ...["--topic", topic, "--group", s.group],
    ...["--command-property", `partition.assignment.strategy=${assignor}`],
  ], { timeoutMs: 60_000, signal: java.signal }).catch(() => {});
  try {
    await waitUntil("Java's consumer to be a member", async () => {
      return (await readGroupAssignment(s.kafka.bootstrapServers, s.group)).partitions(topic) === 1;
    });
    await use();
  } finally {
    java.abort();
    await running;
  }
}
