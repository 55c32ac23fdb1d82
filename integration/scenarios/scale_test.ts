import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import { countGroupMembers } from "../harness/topic.ts";
import type { TestService } from "../harness/service.ts";
import { delay, waitUntil } from "../harness/wait.ts";

/** Waits until a consumer has stored records. */
async function waitForStored(consumer: TestService, all: readonly TestService[]): Promise<void> {
  await waitUntil(`${consumer.name} to store records`, async () => {
    return (await consumer.metrics()).sum("consumer_records_total", { outcome: "stored" }) > 0;
  }, { unless: () => all.forEach((consumer) => consumer.assertRunning()) });
}

scenario({
  name: "consumers share the partitions when consumers join and leave while records flow",
  failure: "The group is scaled from 1 to 4 consumers, to 2, and back to 1 (SIGTERM) while records flow",
  result: "Each consumer has its own partitions; every record is stored exactly once",
}, async (s) => {
  const load = await s.startLoad(0);
  const first = await s.startConsumer();
  await s.waitForRows([first, load]);
  const consumers = [first, ...await Promise.all([s.startConsumer(), s.startConsumer(), s.startConsumer()])];
  for (const consumer of consumers) await waitForStored(consumer, consumers);
  const unless = () => consumers.forEach((consumer) => consumer.assertRunning());
  const waitForShares = (expected: number[]) =>
    waitUntil(`shares of ${expected} partitions`, async () => {
      const metrics = await Promise.all(consumers.map((consumer) => consumer.metrics()));
      return `${metrics.map((one) => one.sum("consumer_assigned_partitions"))}` === `${expected}`;
    }, { unless });
  assert.equal(await countGroupMembers(s.kafka.bootstrapServers, s.group), 4);
  await waitForShares([1, 1, 1, 1]);
  assert((await first.metrics()).sum("consumer_rebalances_total") > 0, "the first consumer has not rejoined");

  const leave = async () => {
    const { code, ms } = await consumers.shift()!.stop();
    assert.equal(code, 0);
    assert(ms < 10_000, `stopping took ${ms} ms`);
  };
  await leave();
  await leave();
  await waitForShares([2, 2]);
  await s.waitForRows([...consumers, load]);
  await leave();
  await waitForShares([PARTITIONS]);
  await s.waitForRows([...consumers, load]);
  await s.stopProducer(load);
  await s.reconcile({ unless });
});

scenario({
  name: "consumers store every record once when all of them are killed at once",
  failure: "All consumers of the group are killed (SIGKILL) at the same time, twice",
  result: "New consumers resume after the last committed transactions; every record is stored exactly once",
}, async (s) => {
  const load = await s.startLoad(0);
  const start = () =>
    Promise.all([1, 2, 3].map(() => s.startConsumer({ CONSUMER_SESSION_TIMEOUT_MS: 1_500 })));
  let consumers = await start();
  for (let kill = 0; kill < 2; kill++) {
    for (const consumer of consumers) await waitForStored(consumer, consumers);
    await delay(s.random.between(0, 500));
    await Promise.all(consumers.map((consumer) => consumer.stop("SIGKILL")));
    consumers = await start();
  }
  await s.waitForRows([...consumers, load]);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumers.forEach((consumer) => consumer.assertRunning()) });
});
