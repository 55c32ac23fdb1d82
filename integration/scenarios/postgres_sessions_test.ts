import assert from "assert";
import { Client } from "pg";
import { setReadOnly, terminateSessions, whileLocked } from "../harness/postgres_faults.ts";
import { scenario } from "../harness/scenario.ts";
import type { TestService } from "../harness/service.ts";
import { countGroupMembers } from "../harness/topic.ts";
import { delay, waitUntil } from "../harness/wait.ts";
import { startPostgres } from "../../local/servers/mod.ts";

/** Number of the consumer's retries after errors of a class. */
async function retries(consumer: TestService, errorClass: string): Promise<number> {
  return (await consumer.metrics()).sum("consumer_retries_total", {
    server: "postgresql",
    class: errorClass,
  });
}

scenario({
  name: "consumer stores every record once when its sessions are terminated repeatedly",
  failure: "pg_terminate_backend ends the consumer's sessions repeatedly, also in the middle of a COPY",
  result: "It reconnects and stores what was not committed; every record is stored exactly once",
}, async (s) => {
  const { proxy, settings } = await s.openProxy("postgres");
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer(settings);
  for (let time = 0; time < 10; time++) {
    await s.waitForRows([consumer, load]);
    await delay(s.random.between(0, 300));
    await terminateSessions(s.database);
  }
  // With low bandwidth the server waits in the middle of a COPY.
  await proxy.setBandwidth(64, "requests");
  for (let time = 0; time < 3; time++) {
    const [hit] = await waitUntil("a session in the middle of a COPY", async () => {
      const hits = await terminateSessions(
        s.database,
        "state = 'active' AND query LIKE '%COPY%' AND wait_event = 'ClientRead'",
      );
      return hits.length > 0 && hits;
    }, { unless: () => consumer.assertRunning(), pollIntervalMs: 10 });
    assert(hit!.wrote, "its transaction has not advanced progress");
  }
  await proxy.restore();
  await s.waitForRows([consumer, load]);
  // Only the sessions that were terminated during a COPY count as retries; idle ones are replaced without.
  assert(await retries(consumer, "shutdown") + await retries(consumer, "connection") >= 3, "retries");
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

scenario({
  name: "consumer waits and resumes when PostgreSQL is read-only for a while",
  failure: "The database is read-only for a while and its sessions are terminated, as in a failover",
  result: "SQLSTATE 25006 is transient: the consumer waits, not ready, and resumes",
}, async (s) => {
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer();
  for (let time = 0; time < 2; time++) {
    await s.waitForRows([consumer, load]);
    const before = await retries(consumer, "read_only");
    await setReadOnly(s.database, true);
    await waitUntil(
      "two retries",
      async () => await retries(consumer, "read_only") >= before + 2,
      {
        unless: () => consumer.assertRunning(),
      },
    );
    await consumer.waitForReady(false);
    await delay(s.random.between(0, 2_000));
    await setReadOnly(s.database, false);
    await consumer.waitForReady();
  }
  await s.waitForRows([consumer, load]);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

scenario({
  name: "consumer waits and resumes when PostgreSQL has no free connection",
  failure: "Other clients use all of max_connections when the consumer has to reconnect",
  result: "SQLSTATE 53300 is transient: the consumer waits until a connection is free",
  services: "process",
}, async (shared) => {
  const postgres = await startPostgres({
    settings: { max_connections: "8", superuser_reserved_connections: "3" },
  });
  const s = await shared.withServers("few-connections", {
    kafka: shared.kafka,
    postgres,
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  });
  // As superuser, which has reserved connections.
  await s.database.create();
  await s.database.query(
    `CREATE ROLE app LOGIN PASSWORD 'app'; ALTER DATABASE "${s.database.name}" OWNER TO app`,
  );
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer({ PGUSER: "app", PGPASSWORD: "app" });
  await s.waitForRows([consumer, load]);

  const others: Client[] = [];
  const connect = async () => {
    const client = new Client({
      connectionString: s.postgres.url().replace(/postgres:postgres@/, "app:app@"),
      ssl: false,
    });
    client.on("error", () => {});
    try {
      await client.connect();
      others.push(client);
      return true;
    } catch (error) {
      client.end().catch(() => {});
      assert.equal((error as { code?: string }).code, "53300", `${error}`);
      return false;
    }
  };
  try {
    await waitUntil("the consumer to have no connection", async () => {
      while (await connect());
      if (await retries(consumer, "resources") >= 2) return true;
      await terminateSessions(s.database, "usename = 'app'");
    }, { unless: () => consumer.assertRunning() });
    await consumer.waitForReady(false);
    await delay(s.random.between(0, 2_000));
  } finally {
    await Promise.all(others.map((client) => client.end()));
  }
  await consumer.waitForReady();
  await s.waitForRows([consumer, load]);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

scenario({
  name:
    "consumer keeps its partitions and bounds its memory when the table is locked for several session timeouts",
  failure: "An ACCESS EXCLUSIVE lock on the table for 15 s, more than two session timeouts",
  result:
    "Heartbeats continue, no rebalance; records stay in Kafka while the buffer is full; then every record is stored",
}, async (s) => {
  const [buffer, fetch] = [1_000_000, 500_000];
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer({ CONSUMER_BUFFER_BYTES: buffer, CONSUMER_FETCH_BYTES: fetch });
  await s.waitForRows([consumer, load]);
  const rebalances = async () => (await consumer.metrics()).sum("consumer_rebalances_total");
  const before = await rebalances();
  let bufferedMax = 0;
  await whileLocked(s.database, "routes_table", async () => {
    const end = Date.now() + 15_000;
    while (Date.now() < end) {
      bufferedMax = Math.max(bufferedMax, (await consumer.metrics()).sum("consumer_buffer_bytes"));
      await delay(500);
    }
    assert.equal(
      await countGroupMembers(s.kafka.bootstrapServers, s.group),
      1,
      "the consumer left its group",
    );
  });
  await s.waitForRows([consumer, load]);
  assert.equal(await rebalances(), before, "the consumer lost its partitions");
  assert(bufferedMax >= buffer, `only ${bufferedMax} bytes buffered: the buffer was never full`);
  assert(bufferedMax <= buffer + 2 * fetch, `${bufferedMax} bytes buffered, limit ${buffer}`);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

scenario({
  name: "consumer waits when its progress is locked for longer than the transaction timeout",
  failure:
    "An ACCESS EXCLUSIVE lock on consumer_progress when a consumer starts, longer than the transaction timeout",
  result: "Statement timeouts are transient: the consumer retries, and resumes when the lock is released",
}, async (s) => {
  const load = await s.startLoad(0);
  const first = await s.startConsumer();
  await s.waitForRows([first, load]);
  await first.stop();
  const next = await whileLocked(s.database, "consumer_progress", async () => {
    const next = await s.startConsumer({ CONSUMER_TRANSACTION_TIMEOUT_MS: 1_000 });
    await waitUntil("two timeouts", async () => await retries(next, "timeout") >= 2, {
      unless: () => next.assertRunning(),
    });
    return next;
  });
  await s.waitForRows([next, load]);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => next.assertRunning() });
});

scenario({
  name: "consumer waits and loses nothing when PostgreSQL's disk is full, and resumes when there is space",
  failure: "PostgreSQL's disk is full",
  result: "SQLSTATE 53100 is transient: the consumer waits, and resumes when there is space",
  needs: "containers",
  services: "process",
}, async (shared) => {
  const postgres = await startPostgres({ kind: "container", dataMegabytes: 160 });
  const s = await shared.withServers("small-disk", {
    kafka: shared.kafka,
    postgres,
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  });
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer();
  await s.waitForRows([consumer, load]);
  // Runs in PostgreSQL's data folder.
  const server = (program: string) => s.database.query(`COPY (SELECT) TO PROGRAM '${program}'`);
  await server("dd if=/dev/zero of=ballast bs=64k 2> /dev/null || true");
  await waitUntil("two retries", async () => await retries(consumer, "resources") >= 2, {
    unless: () => consumer.assertRunning(),
  });
  await consumer.waitForReady(false);
  const stored = await s.countRows();
  await delay(3_000);
  assert.equal(await s.countRows(), stored, "the disk is not full");
  await server("rm ballast");
  await consumer.waitForReady();
  await s.waitForRows([consumer, load]);
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});
