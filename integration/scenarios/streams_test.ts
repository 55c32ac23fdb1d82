import assert from "assert";
import { terminateSessions } from "../harness/postgres_faults.ts";
import { ALL_RULES } from "../harness/rules.ts";
import { scenario } from "../harness/scenario.ts";
import { removeMembers } from "../harness/topic.ts";
import { delay, waitUntil } from "../harness/wait.ts";

const STREAMS = [...ALL_RULES.keys()].join(",");
const SETTINGS = { STREAMS };

scenario({
  name: "consumers store every record of every stream once when they are killed, suspended and disconnected",
  failure:
    "All streams at once; a consumer is killed (SIGKILL), then its successor is suspended and removed from the group, then the sessions are terminated",
  result: "Each record is in the table of its stream exactly once, with the values of an independent oracle",
}, async (s) => {
  const load = await s.startLoad(0, {
    STREAMS,
    PRODUCER_RATE: 1_000,
    PRODUCER_PATTERN: "walk",
    PRODUCER_MALFORMED_RATIO: 0.02,
  });
  const counts = async () => {
    const all = [...ALL_RULES.values()].map((rules) => s.countRows(rules));
    return (await Promise.all(all)).reduce((sum, count) => sum + count, 0);
  };
  const waitForMoreRows = async (...services: Awaited<ReturnType<typeof s.startConsumer>>[]) => {
    const before = await counts();
    await waitUntil("rows to be stored", async () => await counts() > before, {
      unless: () => services.forEach((service) => service.assertRunning()),
    });
  };
  const victim = await s.startConsumer(SETTINGS);
  await waitForMoreRows(victim, load);
  await delay(s.random.between(0, 500));
  await victim.stop("SIGKILL");

  const zombie = await s.startConsumer(SETTINGS);
  await waitForMoreRows(zombie, load);
  await zombie.signal("SIGSTOP");
  await removeMembers(s.kafka.bootstrapServers, s.group);
  const successor = await s.startConsumer(SETTINGS);
  await waitForMoreRows(successor, load);
  await zombie.signal("SIGCONT");
  await waitForMoreRows(successor, load);
  await terminateSessions(s.database);
  await waitForMoreRows(successor, load);
  const sent = await s.stopProducer(load);

  let records = 0;
  for (const rules of ALL_RULES.values()) {
    const result = await s.reconcile({ rules, unless: () => successor.assertRunning() });
    assert(result.stored > 100, `${result.stored} of ${result.records} records of ${rules.name} are stored`);
    assert(result.rejected > 0, `no record of ${rules.name} is rejected`);
    records += result.records;
  }
  assert.equal(records, sent);
});
