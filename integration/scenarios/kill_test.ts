import assert from "assert";
import { sumProgress, terminateSessions, whileLocked } from "../harness/postgres_faults.ts";
import { scenario } from "../harness/scenario.ts";
import type { TestService } from "../harness/service.ts";
import { delay, waitUntil } from "../harness/wait.ts";

/** Short, because the group waits this long for a killed member. */
const SESSION = { CONSUMER_SESSION_TIMEOUT_MS: 1_500 };

const KILLS = Deno.env.get("MATRIX") === "full" ? 6 : 4;

scenario({
  name: "consumer stores every record once when it is killed repeatedly",
  failure: "The consumer is killed (SIGKILL) at random times under load, repeatedly",
  result: "Uncommitted records are read again; every record is stored exactly once",
}, async (s) => {
  const load = await s.startLoad(0);
  for (let kill = 0; kill < KILLS; kill++) {
    const consumer = await s.startConsumer(SESSION);
    await s.waitForRows([consumer, load]);
    await delay(s.random.between(0, 700));
    await consumer.stop("SIGKILL");
  }
  await s.stopProducer(load);
  const last = await s.startConsumer(SESSION);
  await s.reconcile({ unless: () => last.assertRunning() });
});

scenario({
  name: "consumers store every record once when they are killed in turn during a backlog",
  failure: "One of two consumers is killed (SIGKILL) in a transaction while both work at full speed",
  result: "The other takes over its partitions; every record is stored exactly once",
}, async (s) => {
  await s.produce(250_000, { PRODUCER_RATE: 0 });
  // Records keep flowing if the backlog is stored before the last kill.
  const load = await s.startLoad(0);
  const consumers: TestService[] = [await s.startConsumer(SESSION), await s.startConsumer(SESSION)];
  for (let kill = 0; kill < 4; kill++) {
    await s.waitForRows(consumers);
    await delay(s.random.between(0, 300));
    const [victim] = consumers.splice(s.random.between(0, 1), 1);
    await victim!.stop("SIGKILL");
    consumers.push(await s.startConsumer(SESSION));
  }
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumers.forEach((consumer) => consumer.assertRunning()) });
});

scenario({
  name: "consumer stores every record once when it is killed between the fence and the rows of a transaction",
  failure:
    "The consumer is killed (SIGKILL) and its session terminated while a transaction has advanced progress and waits to write rows",
  result:
    "The transaction is rolled back and the records are read again: progress and rows are committed together or not at all",
}, async (s) => {
  await s.produce(2_000);
  const consumer = await s.startConsumer(SESSION);
  await waitUntil("all records to be stored", async () => await sumProgress(s.database) >= 2_000, {
    unless: () => consumer.assertRunning(),
  });
  await whileLocked(s.database, "routes_table", async () => {
    const before = await sumProgress(s.database);
    await s.produce(2_000, { PRODUCER_SEED: "another" });
    const waits = `wait_event_type = 'Lock' AND query LIKE '%COPY%'`;
    // The fence precedes the COPY: a transaction that waits for the table has passed it.
    await waitUntil("a transaction to wait for the table", async () => {
      return await s.database.number(
        `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND ${waits}`,
      ) > 0;
    }, { unless: () => consumer.assertRunning() });
    await consumer.stop("SIGKILL");
    // The backend has received the whole transaction and would write the rows after the lock is released.
    const terminated = await terminateSessions(s.database, waits);
    assert(terminated.some(({ wrote }) => wrote), "no transaction had advanced progress");
    assert.equal(await sumProgress(s.database), before, "progress was committed without its rows");
  });
  const next = await s.startConsumer(SESSION);
  await s.reconcile({ unless: () => next.assertRunning() });
});
