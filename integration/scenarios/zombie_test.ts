import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import type { ServiceSettings, TestService } from "../harness/service.ts";
import { send } from "../harness/produce.ts";
import { removeMembers } from "../harness/topic.ts";
import { waitUntil } from "../harness/wait.ts";

const LOCK = "BEGIN; LOCK TABLE routes_table IN ACCESS EXCLUSIVE MODE";
const SESSION = { CONSUMER_SESSION_TIMEOUT_MS: 2_000 };

scenario({
  name: "consumer is fenced when it resumes after another consumer has taken over",
  failure:
    "A consumer is stopped (SIGSTOP) with buffered records and removed from the group; another takes over; the first is continued (SIGCONT) before its session timeout",
  result: "It tries to store records that the other has stored, and is fenced",
}, async (s) => {
  const load = await s.startLoad(0);
  // With a long session timeout it considers itself a member until its next heartbeat.
  const zombie = await s.startConsumer({ CONSUMER_SESSION_TIMEOUT_MS: 300_000 });
  await s.waitForRows([zombie, load]);
  const bufferedBytes = async () => (await zombie.metrics()).sum("consumer_buffer_bytes");
  await s.database.connected(async (lock) => {
    // While the table is locked, one transaction waits and more records are buffered.
    await lock.query(LOCK);
    await waitUntil(
      "the consumer to wait for the lock",
      async () => await countBackends(s, "wait_event = 'relation'") > 0,
    );
    const first = await bufferedBytes();
    await waitUntil("more buffered records", async () => await bufferedBytes() > 2 * first);
    await zombie.signal("SIGSTOP");
    await lock.query("ROLLBACK");
  });
  await removeMembers(s.kafka.bootstrapServers, s.group);
  const successor = await startSuccessor(s, load);

  await zombie.signal("SIGCONT");
  await waitUntil("the zombie to be fenced", async () => {
    return (await zombie.metrics()).sum("consumer_transactions_total", { outcome: "fenced" }) > 0;
  }, { unless: () => zombie.assertRunning() });
  await s.stopProducer(load);
  await s.reconcile({ unless: () => [zombie, successor].forEach((consumer) => consumer.assertRunning()) });
});

scenario({
  name: "consumer takes over when another is stopped in the middle of a COPY",
  failure: "A consumer is stopped (SIGSTOP) in the middle of a COPY, with its transaction and row locks open",
  result: "Another one takes over; when the first is continued (SIGCONT), nothing is stored twice",
}, async (s) => {
  const lock = "BEGIN; LOCK TABLE rejected_records IN ACCESS EXCLUSIVE MODE";
  const waitForWaiting = (number: number) =>
    waitUntil(
      `${number} backends to wait for the table`,
      async () => await countBackends(s, "wait_event = 'relation'") === number,
    );
  const malformed = Array.from({ length: 20 }, (_, i) => ({ key: `${i}`, value: "x".repeat(900_000 + i) }));
  const malformedBytes = 4 * 900_000 * malformed.length;
  const sendMalformed = () => send(s.kafka.bootstrapServers, s.topic(), malformed, { gzip: true });
  await s.produce(10_000);
  // More than the socket buffers between client and server hold.
  const zombie = await s.startConsumer({
    ...SESSION,
    CONSUMER_BATCH_BYTES: 2 * malformedBytes,
    CONSUMER_BUFFER_BYTES: 2 * malformedBytes,
  });
  await s.waitForRows([zombie]);
  await s.database.connected(async (first) => {
    await first.query(lock);
    await send(s.kafka.bootstrapServers, s.topic(), [{ key: "first", value: "first" }]);
    await waitForWaiting(1);
    await s.database.connected(async (second) => {
      // Lock queue: the zombie's current transaction, this lock, then the zombie's next transaction with all buffered records.
      const locked = second.query(lock);
      await waitForWaiting(2);
      for (let i = 0; i < 4; i++) await sendMalformed();
      await waitUntil("buffered records", async () => {
        return (await zombie.metrics()).sum("consumer_buffer_bytes") >= malformedBytes;
      });
      await first.query("ROLLBACK");
      await locked;
      await waitForWaiting(1);
      await zombie.signal("SIGSTOP");
      await second.query("ROLLBACK");
    });
  });
  await waitUntil("the server to wait for the rest of the COPY", async () => {
    return await countBackends(
      s,
      "query LIKE '%COPY%' AND state = 'active' AND wait_event = 'ClientRead'",
    ) === 1;
  });
  // New records for every partition.
  await s.produce(5_000, { PRODUCER_SEED: "another" });
  // statement_timeout does not apply while PostgreSQL waits for the client; the blocked consumer terminates the session.
  const successor = await startSuccessor(s, undefined, { CONSUMER_TRANSACTION_TIMEOUT_MS: 10_000 });
  assert.match(successor.log, /"event":"stalled_transactions_terminated"/);

  await zombie.signal("SIGCONT");
  await s.reconcile({ unless: () => [zombie, successor].forEach((consumer) => consumer.assertRunning()) });
});

/** Starts another consumer and waits until progress advances in every partition. */
async function startSuccessor(
  s: ScenarioContext,
  load?: TestService,
  settings: ServiceSettings = {},
): Promise<TestService> {
  const successor = await s.startConsumer({ ...SESSION, ...settings });
  const progress = async () => {
    const rows = await s.database.query<{ partition: number; next_offset: string }>(
      "SELECT partition, next_offset FROM consumer_progress",
    );
    return new Map(rows.map((row) => [row.partition, Number(row.next_offset)]));
  };
  const before = await progress();
  assert(before.size > 0);
  await waitUntil("progress in every partition", async () => {
    const now = await progress();
    return [...before].every(([partition, offset]) => now.get(partition)! > offset);
  }, {
    unless: () => {
      successor.assertRunning();
      load?.assertRunning();
    },
  });
  return successor;
}

/** Counts the backends of the scenario's database that meet a condition. */
async function countBackends(s: ScenarioContext, state: string): Promise<number> {
  return await s.database.number(
    `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${state}`,
  );
}
