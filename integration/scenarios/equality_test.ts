import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import { waitUntil } from "../harness/wait.ts";

scenario({
  name:
    "consumer stores every record once, bit for bit and in order, when records flow in several partitions",
  failure: "None",
  result:
    "Rows equal records, doubles bit for bit, each user's rows in order; malformed records are rejected",
}, async (s) => {
  const consumer = await s.startConsumer();
  // Without vacuum, the position of a row in the table shows the order of insertion.
  await waitUntil("the table", async () => {
    await s.database.query("ALTER TABLE routes_table SET (autovacuum_enabled = off)");
    return true;
  }, { unless: () => consumer.assertRunning() });
  await s.produce(20_000);
  const { records, rejected, content } = await s.reconcile({
    ordered: true,
    unless: () => consumer.assertRunning(),
  });
  assert.equal(records, 20_000);
  assert(
    rejected > 100,
    `1 % of the records are malformed, but only ${rejected} of ${records} were rejected`,
  );
  assert.equal(content.ends.length, PARTITIONS);
  assert(content.ends.every((end) => end > 0), `a partition is empty: ${content.ends}`);

  const metrics = await consumer.metrics();
  assert.equal(metrics.sum("consumer_records_total", { topic: s.topic(), outcome: "rejected" }), rejected);
  assert.equal(
    metrics.sum("consumer_records_total", { topic: s.topic(), outcome: "stored" }),
    records - rejected,
  );
});

scenario({
  name: "consumer stores a backlog and exits 0 when --until-caught-up is set",
  failure: "A backlog from before the consumer started",
  result: "Every record is stored; `--until-caught-up` exits 0",
}, async (s) => {
  await s.produce(100_000, { PRODUCER_RATE: 0 });
  await s.waitForExit(await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  const { records } = await s.reconcile();
  assert.equal(records, 100_000);
});

scenario({
  name: "consumers of a group all exit 0 when --until-caught-up is set and their shares differ",
  failure:
    "Two consumers with `--until-caught-up` share a topic, of which one partition is much longer than the others",
  result: "The consumer that finishes first waits for the other; every record is stored, and both exit 0",
}, async (s) => {
  await s.produce(20_000, { PRODUCER_RATE: 0 });
  await s.produce(200_000, { PRODUCER_RATE: 0, PRODUCER_USERS: 1 });
  const bounded = { CONSUMER_UNTIL_CAUGHT_UP: "true" };
  const consumers = await Promise.all([s.startConsumer(bounded), s.startConsumer(bounded)]);
  await Promise.all(consumers.map((consumer) => s.waitForExit(consumer)));
  const { records } = await s.reconcile();
  assert.equal(records, 220_000);
});
