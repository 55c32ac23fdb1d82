import assert from "assert";
import { LatestState } from "../harness/latest_state.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import type { TestService } from "../harness/service.ts";
import { removeMembers } from "../harness/topic.ts";
import { delay, waitUntil } from "../harness/wait.ts";

scenario({
  name: "consumer stores the latest record of each key when it is killed repeatedly",
  failure: "The consumer is killed (SIGKILL) at random times while a compacted topic with tombstones changes",
  result: "The table equals a replay of the topic by Kafka's Java consumer",
  needs: "processes",
}, async (s) => {
  const state = await LatestState.create(s);
  await state.change(5_000);
  state.startChanges();
  for (let kill = 0; kill < 4; kill++) {
    const consumer = await state.startConsumer();
    await state.waitForProgress([consumer]);
    await delay(s.random.between(0, 500));
    await consumer.stop("SIGKILL");
  }
  const last = await state.startConsumer();
  await state.waitForProgress([last]);
  assert(await state.assertEqual([last]) > 100);
});

scenario({
  name: "consumer stores the latest record of each key when another one resumes after a takeover",
  failure:
    "A consumer is stopped (SIGSTOP) while its transaction waits for the table; another takes over; the first is continued (SIGCONT)",
  result: "The first is fenced; the table equals a replay of the topic by Kafka's Java consumer",
  needs: "processes",
}, async (s) => {
  const state = await LatestState.create(s);
  const zombie = await state.startConsumer({ CONSUMER_SESSION_TIMEOUT_MS: 300_000 });
  state.startChanges();
  await state.waitForProgress([zombie]);
  await s.database.connected(async (lock) => {
    await lock.query("BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE");
    await waitUntil("the consumer to wait for the lock", () => isWaiting(s));
    await delay(500);
    await zombie.signal("SIGSTOP");
    await lock.query("ROLLBACK");
  });
  await removeMembers(s.kafka.bootstrapServers, s.group);
  const successor = await state.startConsumer();
  await state.waitForProgress([successor]);
  await delay(1_000);
  await zombie.signal("SIGCONT");
  await waitUntil("the zombie to be fenced", async () => {
    return (await zombie.metrics()).sum("consumer_transactions_total", { outcome: "fenced" }) > 0;
  }, { unless: () => zombie.assertRunning() });
  await state.waitForProgress([zombie, successor]);
  await state.assertEqual([zombie, successor]);
});

scenario({
  name: "consumers store the latest record of each key when consumers join and leave",
  failure:
    "The group is scaled from 1 to 3 consumers and back to 1 while a compacted topic with tombstones changes",
  result: "The table equals a replay of the topic by Kafka's Java consumer",
  needs: "processes",
}, async (s) => {
  const state = await LatestState.create(s);
  state.startChanges();
  const consumers: TestService[] = [await state.startConsumer()];
  await state.waitForProgress(consumers);
  for (let joined = 0; joined < 2; joined++) {
    consumers.push(await state.startConsumer());
    await state.waitForProgress(consumers);
    await delay(1_000);
  }
  while (consumers.length > 1) {
    await consumers.shift()!.stop();
    await state.waitForProgress(consumers);
  }
  await state.assertEqual(consumers);
});

scenario({
  name: "consumer stores the latest record of each key when its connection to PostgreSQL breaks",
  failure:
    "Responses and requests are lost, the connection is cut and refused, while a compacted topic with tombstones changes",
  result: "The table equals a replay of the topic by Kafka's Java consumer",
  needs: "processes",
}, async (s) => {
  const state = await LatestState.create(s);
  const { proxy, settings } = await s.openProxy("postgres");
  const consumer = await state.startConsumer(settings);
  state.startChanges();
  for (const fault of ["responses", "requests", "cut", "refuse"] as const) {
    await state.waitForProgress([consumer]);
    await delay(s.random.between(0, 300));
    if (fault === "cut" || fault === "refuse") await proxy[fault]();
    else await proxy.discard(fault);
    await delay(1_000);
    await proxy.cut();
    await proxy.restore();
  }
  await state.waitForProgress([consumer]);
  await state.assertEqual([consumer]);
});

/** Whether a transaction waits for a lock. */
async function isWaiting(s: ScenarioContext): Promise<boolean> {
  return await s.database.number(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  ) > 0;
}
