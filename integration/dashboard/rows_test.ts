import assert from "assert";
import { Client } from "pg";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { waitUntil } from "../harness/wait.ts";
import { Events, startDashboard } from "./dashboard.ts";

const TABLE = "CREATE TABLE routes_table (user_id INT NOT NULL, timestamp DOUBLE PRECISION NOT NULL, " +
  "latitude DOUBLE PRECISION NOT NULL, longitude DOUBLE PRECISION NOT NULL)";
const INSERT = "INSERT INTO routes_table SELECT $1::int, i, 1, 2 FROM generate_series($2::int, $3::int) AS i";

/** A separate connection, for overlapping transactions. */
async function connect(s: ScenarioContext): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: s.postgres.url(s.database.name), ssl: false });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

async function createTable(s: ScenarioContext, rows: number): Promise<void> {
  await s.database.create();
  await s.database.query(TABLE);
  await s.database.query(INSERT, [0, 1, rows]);
}

/** Starts a dashboard and reads its events until it has sent rows. */
async function startWithEvents(s: ScenarioContext) {
  const { url, service } = await startDashboard(s);
  const events = s.use(new Events(url));
  await waitUntil("the first rows", () => events.rows("routes").length > 0);
  return { url, service, events };
}

scenario({
  name: "dashboard shows every row once when transactions commit in another order than they write",
  failure: "Overlapping transactions: the first to write is the last to commit; one is rolled back",
  result: "Every committed row is sent to the pages once, and no other row",
  services: "process",
}, async (s) => {
  await createTable(s, 10);
  const { events } = await startWithEvents(s);
  assert.equal(events.rows("routes").length, 10);

  await using early = await connect(s);
  await using late = await connect(s);
  await using never = await connect(s);
  for (const client of [early, never, late]) await client.query("BEGIN");
  await early.query(INSERT, [1, 1, 300]);
  await never.query(INSERT, [2, 1, 300]);
  await late.query(INSERT, [3, 1, 300]);
  await late.query("COMMIT");
  await waitUntil("the transaction that wrote last", () => events.rows("routes").length === 310);
  // In the same blocks, and after them.
  await s.database.query(INSERT, [4, 1, 300]);
  await waitUntil("a later transaction", () => events.rows("routes").length === 610);
  await early.query("COMMIT");
  await never.query("ROLLBACK");
  await waitUntil("the transaction that wrote first", () => events.rows("routes").length === 910);
  await s.database.query(INSERT, [5, 1, 1]);
  await waitUntil("the last row", () => events.rows("routes").some(([user]) => user === "5"));

  const received = events.rows("routes").map(([user, time]) => `${user} ${time}`);
  assert.equal(new Set(received).size, received.length);
  const users = [0, 1, 3, 4, 5].map((user) => received.filter((row) => row.startsWith(`${user} `)).length);
  assert.deepEqual(users, [10, 300, 300, 300, 1]);
});

scenario({
  name: "dashboard replaces its rows when the table is truncated or recreated",
  failure: "TRUNCATE, and DROP TABLE followed by CREATE TABLE",
  result: "Pages discard their rows and receive the current ones",
  services: "process",
}, async (s) => {
  await createTable(s, 10);
  const { events } = await startWithEvents(s);
  const replacements = () => events.messages.filter(({ data }) => data.replaced?.includes("routes")).length;
  for (
    const [user, sql] of [[1, "TRUNCATE routes_table"], [2, `DROP TABLE routes_table; ${TABLE}`]] as const
  ) {
    const before = replacements();
    await s.database.query(sql);
    await waitUntil("the replacement", () => replacements() > before);
    await s.database.query(INSERT, [user, 1, 1]);
    await waitUntil("the new rows", () => events.rows("routes").some((row) => row[0] === String(user)));
  }
});

scenario({
  name: "dashboard shows the rows of a partitioned table when partitions are added and truncated",
  failure: "A partition is attached, then row-level security is enabled, then a partition is truncated",
  result: "Pages receive the rows of all partitions once, and the current ones after TRUNCATE",
  services: "process",
}, async (s) => {
  await s.database.create();
  const partition = (name: string, from: number, to: number) =>
    s.database.query(`CREATE TABLE ${name} PARTITION OF routes_table FOR VALUES FROM (${from}) TO (${to})`);
  await s.database.query(`${TABLE} PARTITION BY RANGE (timestamp)`);
  await partition("early", 0, 1_000);
  await s.database.query(INSERT, [1, 1, 500]);
  const { url, events } = await startWithEvents(s);
  const times = () => events.rows("routes").map(([, time]) => time);
  await waitUntil("the first rows", () => times().length === 60);
  await partition("late", 1_000, 2_000);
  await s.database.query(INSERT, [2, 990, 1_009]);
  await waitUntil("the rows of both partitions", () => times().length === 80);
  // Partitions are then read through the table.
  await s.database.query("ALTER TABLE routes_table ENABLE ROW LEVEL SECURITY");
  await s.database.query(INSERT, [3, 990, 1_009]);
  await waitUntil("more rows of both partitions", () => times().length === 100);
  const rows = events.rows("routes").map((row) => row.join());
  assert.equal(new Set(rows).size, rows.length);
  const found = await (await fetch(`${url}/api/rows?stream=routes&key=3`)).json();
  assert.equal(found.rows.length, 20);
  const estimate = () => events.messages.at(-1)!.data.status.tables[0].rows as number;
  await waitUntil("the number of rows", () => estimate() === 540);
  await s.database.query("TRUNCATE late");
  await waitUntil("the replacement", () => events.messages.at(-1)!.data.replaced?.includes("routes"));
});

scenario({
  name:
    "dashboard takes the reader role when the role can read the table, and keeps polling during 40 searches",
  failure: "A role routes_reader without grants in this database; 40 concurrent searches",
  result:
    "Reads with the rights of the account and logs the GRANT, then takes the role; searches use two separate connections, the others get status 429",
  services: "process",
}, async (s) => {
  await createTable(s, 100_000);
  // Roles belong to the server, which other scenarios share.
  await s.database.query(
    "DO $$ BEGIN CREATE ROLE routes_reader NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$",
  );
  const { url, service, events } = await startWithEvents(s);
  await service.waitForLog(/"event":"reader_role".*GRANT SELECT ON routes_table TO routes_reader/);

  // Only the role is subject to the policy.
  await s.database.query(
    "GRANT SELECT ON routes_table TO routes_reader; ALTER TABLE routes_table ENABLE ROW LEVEL SECURITY; " +
      "CREATE POLICY one ON routes_table TO routes_reader USING (user_id = 5)",
  );
  await s.database.query(INSERT, [6, 1, 10]);
  await s.database.query(INSERT, [5, 1, 10]);
  await waitUntil("the rows that the role sees", () => events.rows("routes").some(([user]) => user === "5"));
  assert.ok(!events.rows("routes").some(([user]) => user === "6"));

  const polls = events.messages.length;
  const statuses = await Promise.all(Array.from({ length: 40 }, async (_, user) => {
    const response = await fetch(`${url}/api/rows?stream=routes&key=${user}`);
    await response.text();
    return response.status;
  }));
  assert.ok(statuses.includes(200) && statuses.includes(429), `${statuses}`);
  assert.ok(statuses.every((status) => status === 200 || status === 429), `${statuses}`);
  const [sessions] = await s.database.query<{ count: number }>(
    "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'dashboard' AND datname = current_database()",
  );
  assert.equal(sessions!.count, 3);
  await waitUntil("more polls", () => events.messages.length > polls + 2);
  assert.match(await (await fetch(`${service.http}/readyz`)).text(), /"ready"/);
});

scenario({
  name: "dashboard does no sequential scan and cannot write when tables are large",
  failure: "Two million rows in a table without an index, and ten pages that request users and the past",
  result: "No sequential scan, a bounded number of blocks per poll, and no INSERT privilege",
  services: "process",
}, async (s) => {
  await s.startConsumer().then((consumer) =>
    consumer.waitForLog(/table rejected_records/).then(() => consumer.stop())
  );
  // Autovacuum reads blocks, too.
  await s.database.query("ALTER TABLE routes_table SET (autovacuum_enabled = off)");
  const [{ rows: size }] = await s.database.query<{ rows: number }>(
    `WITH added AS (INSERT INTO routes_table SELECT i % 1000, i, i % 180 - 90, i % 360 - 180
       FROM generate_series(1, 2000000) AS i RETURNING 1) SELECT count(*)::int AS rows FROM added`,
  ) as [{ rows: number }];
  assert.equal(size, 2_000_000);
  const statistics = async () => {
    const [row] = await s.database.query<{ scans: string; read: string }>(
      `SELECT t.seq_scan AS scans, i.heap_blks_hit + i.heap_blks_read AS read
       FROM pg_stat_user_tables t JOIN pg_statio_user_tables i USING (relid) WHERE t.relname = 'routes_table'`,
    );
    return { scans: Number(row!.scans), blocks: Number(row!.read) };
  };
  const before = await statistics();
  const { url, service } = await startDashboard(s);
  const pages = await Promise.all(Array.from({ length: 10 }, async () => {
    const events = s.use(new Events(url));
    await waitUntil("the first rows", () => events.rows("routes").length > 0);
    return events;
  }));
  const answers = await Promise.all(pages.map((_, user) =>
    waitUntil("the rows of a user", async () => {
      const response = await fetch(`${url}/api/rows?stream=routes&key=${user}`);
      // Only two searches run at a time: on a busy machine others get status 429.
      const text = await response.text();
      return response.ok && JSON.parse(text).rows.length as number;
    })
  ));
  assert.ok(answers.every((rows) => rows >= 50), `${answers}`);
  const { rows: past } = await (await fetch(`${url}/api/history?stream=routes`)).json();
  assert.ok(past.length > 5_000 && past.length <= 20_000, `${past.length}`);
  // The sample covers the whole table.
  assert.ok(past[0][1] < 20_000 && past.at(-1)[1] > 1_980_000);
  const polls = pages[0]!.messages.length + 8;
  await waitUntil("some polls", () => pages[0]!.messages.length >= polls);

  const [role] = await s.database.query<{ role: string; writes: boolean }>(
    `SELECT current_setting('is_superuser') AS role, has_table_privilege('routes_reader', 'routes_table', 'INSERT') AS writes`,
  );
  assert.equal(role!.writes, false);
  // The remaining statistics are reported when the connection ends.
  await service.stop();
  const after = await waitUntil("the statistics", async () => {
    const now = await statistics();
    return now.blocks > before.blocks && now;
  });
  s.log(`${after.blocks - before.blocks} of about 15,000 blocks read`);
  assert.equal(after.scans, before.scans);
  // 250 for the sample, 64 for the latest rows, 512 for each of ten users, 48 per poll; there are at most some dozens of polls.
  assert.ok(after.blocks - before.blocks < 10_000, `${after.blocks - before.blocks} blocks`);
});
