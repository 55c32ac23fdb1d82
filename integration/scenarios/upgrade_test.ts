import assert from "assert";
import { checkout, hasPreviousVersion, PREVIOUS_VERSION } from "../harness/project.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import type { TestService } from "../harness/service.ts";
import { waitUntil } from "../harness/wait.ts";

const isThere = await hasPreviousVersion();
if (!isThere) {
  console.log(
    `Skipped, since the commit ${PREVIOUS_VERSION} is not in this clone (git fetch --unshallow): upgrade_test.`,
  );
}

/** Waits until each of some consumers has stored further records. */
async function storing(consumers: readonly TestService[]): Promise<void> {
  const unless = () => consumers.forEach((consumer) => consumer.assertRunning());
  await Promise.all(consumers.map(async (consumer) => {
    const stored = async () =>
      (await consumer.metrics().catch(() => undefined))?.sum("consumer_records_total", {
        outcome: "stored",
      }) ?? 0;
    const before = await stored();
    await waitUntil(`${consumer.name} to store records`, async () => await stored() > before, { unless });
  }));
}

const withTopicId = (s: ScenarioContext) =>
  s.database.number("SELECT count(*) FROM consumer_progress WHERE topic_id IS NOT NULL");

scenario({
  name: "consumers of the previous version and of this one share a group during an upgrade and a rollback",
  failure:
    "Under load, a consumer of the previous version next to one of this version; the group is upgraded, then rolled back",
  result: "Both store records of their partitions in the same tables; every record is stored exactly once",
  services: "process",
  ignore: !isThere && Deno.env.get("CI") !== "true",
}, async (s) => {
  const { folder } = s.use(await checkout(PREVIOUS_VERSION));
  const previous = s.startConsumerOf(folder);
  const load = await s.startLoad(0);
  await storing([previous]);

  // Upgrade: the previous version's tables, its progress and its group.
  const upgraded = await s.startConsumer();
  await storing([previous, upgraded]);
  assert.equal((await previous.stop()).code, 0);
  await storing([upgraded]);
  await waitUntil("all partitions to have a topic id", async () => await withTopicId(s) === PARTITIONS, {
    unless: () => upgraded.assertRunning(),
  });

  // Roll back, with a crash.
  const again = s.startConsumerOf(folder);
  await storing([upgraded, again]);
  await upgraded.signal("SIGKILL");
  await upgraded.exited;
  await storing([again]);

  const sent = await s.stopProducer(load);
  const { records } = await s.reconcile({ unless: () => again.assertRunning() });
  assert.equal(records, sent);
  assert.equal(await withTopicId(s), PARTITIONS);
});
