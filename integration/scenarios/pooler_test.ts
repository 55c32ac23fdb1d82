import assert from "assert";
import { createHash } from "node:crypto";
import { Client, type Submittable } from "pg";
import { Events, startDashboard } from "../dashboard/dashboard.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import type { ServiceSettings } from "../harness/service.ts";
import { waitUntil } from "../harness/wait.ts";
import { Pgbouncer } from "../harness/pgbouncer.ts";

/** Minimum number of fenced transactions, and of rejected records. */
const FAILURES_MIN = Deno.env.get("MATRIX") === "full" ? 1_000 : 50;
const POOL_SIZE = 2;

/** Creates the database and starts a pooler for it. */
async function startPooler(s: ScenarioContext): Promise<{ pgbouncer: Pgbouncer; settings: ServiceSettings }> {
  await s.database.create();
  const pgbouncer = s.use(await Pgbouncer.start(s.postgres, POOL_SIZE));
  return { pgbouncer, settings: { PGHOST: pgbouncer.host, PGPORT: pgbouncer.port } };
}

/** Fences every other transaction. Sequences are not affected by rollbacks. */
const FENCE_EVERY_OTHER = `
  CREATE SEQUENCE fences;
  CREATE FUNCTION count_transaction() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM nextval(''fences''); RETURN NULL; END';
  CREATE FUNCTION fence() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN IF currval(''fences'') % 2 = 1 THEN RETURN NULL; END IF; RETURN NEW; END';
  CREATE TRIGGER counts BEFORE UPDATE ON consumer_progress FOR EACH STATEMENT EXECUTE FUNCTION count_transaction();
  CREATE TRIGGER fence BEFORE UPDATE ON consumer_progress FOR EACH ROW EXECUTE FUNCTION fence()`;

/** Session settings, except those that pgbouncer sets for each client and BEGIN for each transaction. */
const OWN_SETTINGS = `SELECT current_user = session_user AS "isItself", array(
  SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' AND name NOT IN
    ('application_name', 'client_encoding', 'DateStyle', 'standard_conforming_strings', 'TimeZone', 'transaction_isolation')) AS own`;

/** Runs a query on each of the pooler's server connections at the same time. */
async function queryEachServer(
  s: ScenarioContext,
  { host, port }: Pgbouncer,
  sql: string,
): Promise<unknown[]> {
  const clients = Array.from({ length: POOL_SIZE }, () => {
    return new Client({ host, port, user: s.postgres.user, database: s.database.name });
  });
  try {
    return await Promise.all(clients.map(async (client) => {
      await client.connect();
      await client.query("BEGIN");
      const { rows: [row] } = await client.query(sql);
      // Keep the server connection until the other client has one.
      await client.query("SELECT pg_sleep(0.3)");
      return row;
    }));
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** Waits until all server connections are idle. */
async function waitUntilIdle(s: ScenarioContext, pgbouncer: Pgbouncer): Promise<void> {
  await waitUntil("all server connections to be idle", async () => {
    const busy = await s.database.number(
      `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
         AND backend_type = 'client backend'`,
    );
    return busy === 0 && (await pgbouncer.servers(s.database.name)).every(({ state }) => state === "idle");
  }, { timeoutMs: 10_000 });
}

scenario({
  name: "consumer, dashboard and rejects leave no state on a pooler's connections when transactions fail",
  failure:
    "pgbouncer in transaction mode with two server connections; transactions are fenced and records rejected in turn",
  result: "Every record is stored once; no server connection stays in use or keeps a setting of a service",
  needs: "pgbouncer",
  services: "process",
}, async (s) => {
  const { pgbouncer, settings } = await startPooler(s);
  const consumer = await s.startConsumer({ ...settings, CONSUMER_BATCH_BYTES: 20_000 });
  await s.produce(1_000);
  await s.reconcile({ unless: () => consumer.assertRunning() });
  await s.database.query(
    "ALTER TABLE routes_table ADD CONSTRAINT northern CHECK (latitude >= 0) NOT VALID",
  );
  await s.database.query(FENCE_EVERY_OTHER);

  const dashboard = await startDashboard(s, [], settings);
  await using events = new Events(dashboard.url);
  const load = await s.startLoad(50 + 2.3 * FAILURES_MIN, { PRODUCER_SEED: "another", PRODUCER_RATE: 0 });
  await s.waitForExit(load);
  const fenced = () => s.database.number("SELECT last_value / 2 FROM fences");
  const rejected = () =>
    s.database.number("SELECT count(*) FROM rejected_records WHERE detail LIKE '%northern%'");
  const isRunning = () => [consumer, dashboard.service].forEach((service) => service.assertRunning());
  await waitUntil(
    "transactions to fail",
    async () => await fenced() >= FAILURES_MIN && await rejected() >= FAILURES_MIN,
    { timeoutMs: 300_000, unless: isRunning },
  );
  assert.match(await s.runRejects(["--limit", "1"], settings), /northern/);
  await s.reconcile({ mayBeRejected: ([, , latitude]) => Number(latitude) < 0, unless: isRunning });
  await waitUntil("the dashboard to show rows", () => events.rows("routes").length > 0, {
    unless: isRunning,
  });
  s.log(`${await fenced()} transactions fenced, ${await rejected()} records rejected`);

  await waitUntilIdle(s, pgbouncer);
  await dashboard.service.stop();
  await consumer.stop();
  await waitUntilIdle(s, pgbouncer);
  const unchanged = { isItself: true, own: [] };
  assert.deepEqual(await queryEachServer(s, pgbouncer, OWN_SETTINGS), [unchanged, unchanged]);
});

scenario({
  name: "consumer terminates the stalled COPY of another member when both use a pooler",
  failure: "A member of the group stalls in the middle of a COPY behind a pooler, holding its row locks",
  result: "Another member finds the stalled session, terminates it and resumes",
  needs: "pgbouncer",
  services: "process",
}, async (s) => {
  const { settings } = await startPooler(s);
  const consumer = await s.startConsumer({ ...settings, CONSUMER_TRANSACTION_TIMEOUT_MS: 1_500 });
  await s.produce(1_000);
  await s.reconcile({ unless: () => consumer.assertRunning() });
  const hash = createHash("sha256").update(s.group).digest("hex").slice(0, 16);
  const sql = `/* COPY of consumer group ${hash} */ UPDATE consumer_progress SET next_offset = next_offset;
    COPY routes_table FROM STDIN`;
  await s.database.connected(async (peer) => {
    peer.query(stalledCopy(sql));
    await s.produce(1_000, { PRODUCER_SEED: "another" });
    await consumer.waitForLog(/"event":"stalled_transactions_terminated"/);
  });
  const doctor = await s.startDoctor(settings);
  await doctor.waitForLog(/logged in as .*, through a connection pooler/);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

/** A query whose COPY never receives data. */
function stalledCopy(sql: string): Submittable {
  const nothing = () => {};
  return {
    submit: (connection: { query(sql: string): void }) => connection.query(sql),
    ...{ handleError: nothing, handleReadyForQuery: nothing, handleCommandComplete: nothing },
    ...{ handleCopyInResponse: nothing, handleRowDescription: nothing, handleDataRow: nothing },
  } as unknown as Submittable;
}
