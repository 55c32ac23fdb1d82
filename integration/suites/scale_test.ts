import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import { groupMembers } from "../harness/topic.ts";
import { until } from "../harness/wait.ts";

scenario({
  name: "consumers share the partitions when they come and go while records flow",
  fault: "Scaled from 1 to 3 consumers and back to 1 (SIGTERM) while records flow",
  outcome: "Each has partitions of its own; nothing missing, nothing doubled",
}, async (s) => {
  const load = await s.load(0);
  const first = await s.consumer();
  await s.flowing([first, load]);
  const others = [await s.consumer(), await s.consumer()];
  const all = [first, ...others];
  for (const consumer of others) {
    await until(`${consumer.name} to store something`, async () => {
      return (await consumer.metrics()).sum("consumer_records_total", { outcome: "stored" }) > 0;
    }, { unless: () => all.forEach((consumer) => consumer.assertRunning()) });
  }
  assert.equal(await groupMembers(s.kafka.bootstrapServers, s.group), 3);
  assert((await first.metrics()).sum("consumer_rebalances_total") > 0, "the first one noticed");

  for (const consumer of [first, others[0]!]) {
    const { code, ms } = await consumer.stop();
    assert.equal(code, 0);
    assert(ms < 10_000, `it took ${ms} ms to stop`);
    await s.flowing([others[1]!, load]);
  }
  await s.stopped(load);
  await s.oracle({ unless: () => others[1]!.assertRunning() });
});
