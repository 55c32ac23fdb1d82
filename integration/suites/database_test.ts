import assert from "assert";
import { send } from "../harness/produce.ts";
import { PARTITIONS, type Scenario, scenario } from "../harness/scenario.ts";
import { createTopic } from "../harness/topic.ts";
import { Database } from "../harness/database.ts";
import { lasting, until, within } from "../harness/wait.ts";

scenario({
  name: "consumer stores every record once when PostgreSQL is killed and restarted in mid-stream",
  fault: "PostgreSQL killed (kill -9), later restarted, in mid-stream",
  outcome: "The consumer waits, not ready, reconnects, and goes on; nothing missing, nothing doubled",
  restartsServers: true,
}, async (s) => {
  const load = await s.load(0);
  const consumer = await s.consumer();
  for (const end of ["kill", "stop", "kill"] as const) {
    await s.flowing([consumer, load]);
    await lasting(s.random.between(0, 500));
    await s.postgres[end]();
    await consumer.ready(false);
    await lasting(s.random.between(0, 1_000));
    await s.postgres.start();
    await consumer.ready();
  }
  await s.flowing([consumer, load]);
  const metrics = await consumer.metrics();
  assert(metrics.sum("consumer_reconnects_total", { server: "postgresql" }) >= 3, "it counts reconnects");
  await s.stopped(load);
  await s.oracle({ unless: () => consumer.assertRunning() });
});

scenario({
  name: "consumer stops and names the remedy when the table is dropped, and goes on after",
  fault: "The table dropped while records flow",
  outcome: "Stops at once with exit code 2 and a message that says what to do; started again, it goes on",
}, async (s) => {
  const load = await s.load(0);
  const consumer = await s.consumer();
  await s.flowing([consumer, load]);
  // Kept aside, so that at the end it can be seen that nothing else is missing.
  await s.database.query(
    `BEGIN;
     LOCK TABLE routes_table IN ACCESS EXCLUSIVE MODE;
     CREATE TABLE kept AS SELECT * FROM routes_table;
     DROP TABLE routes_table;
     COMMIT`,
  );
  assert.equal(await within("the consumer to end", 30_000, consumer.exited), 2);
  assert.match(consumer.log, /routes_table/);
  assert.match(consumer.log, /[Rr]estart|[Cc]reate/);

  const next = await s.consumer();
  await s.flowing([next, load]);
  await s.stopped(load);
  await s.database.query("INSERT INTO routes_table SELECT * FROM kept");
  await s.oracle({ unless: () => next.assertRunning() });
});

scenario({
  name: "consumer quarantines only the offenders when a CHECK constraint is added while it runs",
  fault: "A CHECK constraint added while records flow",
  outcome: "Only the records that offend it go to quarantine, with the constraint's name; the rest is stored",
}, async (s) => {
  const load = await s.load(0);
  const consumer = await s.consumer();
  await s.flowing([consumer, load]);
  await s.database.query(
    "ALTER TABLE routes_table ADD CONSTRAINT not_the_antarctic CHECK (latitude >= -89) NOT VALID",
  );
  const refused = "SELECT count(*) FROM rejected_records WHERE detail LIKE '%not_the_antarctic%'";
  await until("offenders in quarantine", async () => await s.database.number(refused) > 20, {
    unless: () => consumer.assertRunning(),
  });
  await s.stopped(load);
  const verdict = await s.oracle({
    refusable: ([, , latitude]) => latitude! < -89,
    unless: () => consumer.assertRunning(),
  });
  assert.equal(verdict.reasons["refused by the database"], await s.database.number(refused));
});

scenario({
  name: "consumers store every record once for each group when two groups share a database",
  fault: "Two consumer groups on one database",
  outcome:
    "Each has its own progress and stores every record once; quarantine holds each malformed record once",
}, async (s) => {
  const groups = [`${s.group}-a`, `${s.group}-b`];
  const consumers = await Promise.all(groups.map((group) => s.consumer({ CONSUMER_GROUP_ID: group })));
  await s.produce(20_000);
  await s.oracle({ groups, unless: () => consumers.forEach((consumer) => consumer.assertRunning()) });
});

scenario({
  name: "consumer stops with a clear message when the password is wrong",
  fault: "A wrong password, a missing privilege",
  outcome: "Stops at once with exit code 2; the message names the setting, and never the password",
}, async (s) => {
  const secret = "not-the-password-6d1f";
  const consumer = await s.consumer({ PGPASSWORD: secret });
  assert.equal(await within("the consumer to end", 30_000, consumer.exited), 2);
  assert.match(consumer.log, /PGPASSWORD/);
  assert(!consumer.log.includes(secret), "the password is in the log");

  await s.database.create();
  const role = `${s.id}-reader`;
  await s.database.query(`CREATE ROLE "${role}" LOGIN PASSWORD 'reader'`);
  const reader = await s.consumer({ PGUSER: role, PGPASSWORD: "reader" });
  assert.equal(await within("the consumer to end", 30_000, reader.exited), 2);
  assert.match(reader.log, /[Gg]rant|privilege/);
  await s.database.query(`DROP ROLE "${role}"`);
});

/** Sends so many valid records to each partition, by users 0 … 9. */
async function sendValid(s: Scenario, each: number): Promise<void> {
  const records = Array.from({ length: each * PARTITIONS }, (_, n) => ({
    key: `${n % 10}`,
    value: JSON.stringify({ userID: n % 10, timestamp: n, coordinates: [s.random.between(0, 80), 0] }),
    partition: n % PARTITIONS,
  }));
  await send(s.kafka.bootstrapServers, s.topic(), records);
}

/** Runs a consumer until it ends by itself; returns what its errors say. */
async function consume(
  s: Scenario,
  code: number,
  settings: Record<string, string | number> = {},
): Promise<string> {
  const consumer = await s.consumer({ CONSUMER_UNTIL_CAUGHT_UP: "true", ...settings });
  assert.equal(await consumer.exited, code, consumer.lines.slice(-5).join("\n"));
  return consumer.lines.filter((line) => line.includes('"level":"error"'))
    .map((line) => JSON.parse(line).message).join("\n");
}

/** Puts a table in the place of routes_table. The rows are kept aside, so that in the end all can be compared. */
const replaceTable = (definition: string) => `
  INSERT INTO kept SELECT user_id, timestamp, latitude, longitude FROM routes_table;
  DROP TABLE routes_table;
  CREATE TABLE routes_table (user_id INT NOT NULL, timestamp DOUBLE PRECISION NOT NULL, latitude DOUBLE PRECISION NOT NULL,
    longitude DOUBLE PRECISION NOT NULL${definition}`;

scenario({
  name: "consumer stops with the remedy and rejects no record when the table, not a record, is at fault",
  fault:
    "An exhausted identity column, a sequence behind its rows, no partition for the rows, a NOT NULL column that nobody fills " +
    "in a partitioned table, a trigger that fails on a missing table or privilege",
  outcome: "Exit code 2 with the remedy, each time, and no record rejected; corrected, all is stored once",
}, async (s) => {
  await s.database.create();
  await createTopic(s.kafka.bootstrapServers, s.topic(), PARTITIONS);
  await consume(s, 0);
  const query = (sql: string) => s.database.query(sql);
  await query("CREATE TABLE kept AS TABLE routes_table");

  await query(replaceTable(", id SMALLINT PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (MAXVALUE 50))"));
  await sendValid(s, 50);
  assert.match(await consume(s, 2), /routes_table_id_seq.*MAXVALUE/);
  await query("ALTER SEQUENCE routes_table_id_seq MAXVALUE 30000");
  await consume(s, 0);

  await query("SELECT setval('routes_table_id_seq', min(id), false) FROM routes_table");
  await sendValid(s, 5);
  const [, setval] = /Run: (SELECT setval\(.*\);)/.exec(await consume(s, 2)) ?? [];
  await query(setval!);
  await consume(s, 0);

  await query(replaceTable(") PARTITION BY RANGE (timestamp)"));
  await sendValid(s, 5);
  assert.match(await consume(s, 2), /no partition of relation "routes_table".*DEFAULT/);
  await query(
    "CREATE TABLE other PARTITION OF routes_table DEFAULT; ALTER TABLE routes_table ADD region TEXT NOT NULL",
  );
  assert.match(
    await consume(s, 2),
    /in routes_table: its column "region" is NOT NULL.*ALTER TABLE "routes_table"/,
  );
  await query(`ALTER TABLE routes_table ALTER region SET DEFAULT 'north';
    CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO audit_log VALUES (NEW.user_id); RETURN NEW;
    END $$;
    CREATE TRIGGER audit BEFORE INSERT ON routes_table FOR EACH ROW EXECUTE FUNCTION audit()`);
  const broken = await consume(s, 2);
  assert.match(broken, /relation "audit_log" does not exist.*audit\(\)/);
  assert.doesNotMatch(broken, /Restart the consumer/);
  // A constraint of another table: its values are not those of the stream's columns.
  await query("CREATE TABLE audit_log (user_id INT CHECK (user_id < 0))");
  assert.match(await consume(s, 2), /audit_log_user_id_check.*audit\(\)/);
  await query("ALTER TABLE audit_log DROP CONSTRAINT audit_log_user_id_check");
  await consume(s, 0);

  assert.equal(await s.database.number("SELECT count(*) FROM rejected_records"), 0);
  await query("INSERT INTO routes_table SELECT * FROM kept");
  await s.oracle();
});

scenario({
  name:
    "consumer rejects the records that a deferred constraint or a trigger rejects, and stops when it rejects all",
  fault:
    "A foreign key that is checked at COMMIT, a trigger that raises for some rows, then a CHECK that no row satisfies",
  outcome:
    "Some are rejected, the others stored; when as many as CONSUMER_REJECT_STREAK_MAX are rejected one after another: exit code " +
    "2, and started again it rejects no further one",
}, async (s) => {
  await s.database.create();
  await createTopic(s.kafka.bootstrapServers, s.topic(), PARTITIONS);
  await consume(s, 0);
  const query = (sql: string) => s.database.query(sql);
  const rejected = (detail: string) =>
    s.database.number("SELECT count(*) FROM rejected_records WHERE detail LIKE $1", [`%${detail}%`]);

  await query(
    `CREATE TABLE users AS SELECT generate_series(0, 8) AS id; ALTER TABLE users ADD PRIMARY KEY (id);
    ALTER TABLE routes_table ADD CONSTRAINT known FOREIGN KEY (user_id) REFERENCES users DEFERRABLE INITIALLY DEFERRED;
    CREATE FUNCTION no_user_7() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.user_id = 7 THEN RAISE 'user 7 is blocked'; END IF; RETURN NEW;
    END $$;
    CREATE TRIGGER block BEFORE INSERT ON routes_table FOR EACH ROW EXECUTE FUNCTION no_user_7()`,
  );
  await sendValid(s, 50);
  const streak = { CONSUMER_REJECT_STREAK_MAX: 5 };
  await consume(s, 0, streak);
  assert.equal(await rejected("SQLSTATE 23503, 1 in a row, constraint known: "), 20);
  assert.equal(await rejected("SQLSTATE P0001, 1 in a row: user 7 is blocked"), 20);

  await query(
    "DROP TRIGGER block ON routes_table; ALTER TABLE routes_table ADD CONSTRAINT unsatisfiable CHECK (latitude > 90) NOT VALID",
  );
  await sendValid(s, 50);
  assert.match(
    await consume(s, 2, streak),
    /5 consecutive records.*unsatisfiable.*rejects --replay.*CONSUMER_REJECT_STREAK_MAX/,
  );
  const before = await rejected("unsatisfiable");
  assert(before >= 5 && before <= 5 * PARTITIONS, `rejected ${before}`);
  await consume(s, 2, streak);
  assert.equal(await rejected("unsatisfiable"), before);
  await query("ALTER TABLE routes_table DROP CONSTRAINT unsatisfiable");
  await consume(s, 0, streak);
  assert.equal(await rejected("unsatisfiable"), before);
  await s.oracle({ refusable: () => true });
});

scenario({
  name:
    "consumer stores rejected records in databases of other encodings, and refuses a group id that one lacks",
  fault:
    "Databases in LATIN1 and SQL_ASCII; details of rejected records that quote other characters; such a group id",
  outcome:
    "What the encoding lacks is escaped in the detail, for each group; a group id that it lacks: exit code 2 with the remedy",
}, async (s) => {
  const server = new Database(s.postgres, s.postgres.database);
  const create = (name: string, encoding: string) =>
    server.query(
      `CREATE DATABASE "${name}" ENCODING '${encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
  await create(s.database.name, "LATIN1");
  await createTopic(s.kafka.bootstrapServers, s.topic(), PARTITIONS);
  await sendValid(s, 3);
  await send(s.kafka.bootstrapServers, s.topic(), [
    { key: "名", value: '{"名":1,"名":2,"userID":1,"timestamp":1,"coordinates":[1,1]}' },
    { key: "é", value: '{"é":1,"é":2,"userID":1,"timestamp":1,"coordinates":[1,1]}' },
    { key: null, value: "😀" },
  ]);
  const groups = [`${s.group}-a`, `${s.group}-b`];
  for (const group of groups) await consume(s, 0, { CONSUMER_GROUP_ID: group });
  const details = async (database: Database) =>
    (await database.query<{ detail: string }>("SELECT detail FROM rejected_records ORDER BY 1")).map((
      { detail },
    ) => detail);
  const said = await details(s.database);
  assert.equal(said.length, 3);
  assert(said.some((detail) => detail.includes("\\u540d")), said.join());
  assert(said.some((detail) => detail.includes("\\ud83d\\ude00")), said.join());
  await s.oracle({ groups });
  assert.match(await s.rejects(["--replay"]), /; 3 stay/);
  assert.deepEqual(await details(s.database), said);
  assert.match(await consume(s, 2, { CONSUMER_GROUP_ID: "名" }), /CONSUMER_GROUP_ID is "名".*LATIN1.*UTF8/);

  const ascii = new Database(s.postgres, `${s.database.name}-ascii`);
  await create(ascii.name, "SQL_ASCII");
  try {
    await consume(s, 0, { CONSUMER_GROUP_ID: "名", PGDATABASE: ascii.name });
    assert.deepEqual((await details(ascii)).map((detail) => /[名é😀]/u.test(detail)), [true, true, true]);
  } finally {
    await ascii.drop();
  }
});

scenario({
  name: "consumer reports no outage when PostgreSQL closes idle sessions",
  fault: "idle_session_timeout shorter than the time between two records",
  outcome: "The consumer connects again without a warning, stays ready, and stores all",
}, async (s) => {
  await s.database.create();
  await s.database.query(`ALTER DATABASE "${s.database.name}" SET idle_session_timeout = '200ms'`);
  await createTopic(s.kafka.bootstrapServers, s.topic(), PARTITIONS);
  const consumer = await s.consumer();
  await consumer.ready();
  for (let stored = PARTITIONS; stored <= 4 * PARTITIONS; stored += PARTITIONS) {
    await sendValid(s, 1);
    await until("the rows to be stored", async () => await s.stored() === stored, {
      unless: () => consumer.assertRunning(),
    });
    await lasting(500);
  }
  assert.doesNotMatch(consumer.log, /server_away/);
  assert.equal((await consumer.metrics()).sum("consumer_reconnects_total", { server: "postgresql" }), 0);
  await s.oracle({ unless: () => consumer.assertRunning() });
});
