/**
 * Runs the doctor on real servers with one error at a time. The tests in `doctor/` cover the rest, such as a cluster with missing brokers.
 *
 * @module
 */
import assert from "assert";
import {
  assertFailures,
  describeFailures,
  readInventory,
  runDoctor,
  runProgram,
  sendRecords,
} from "./doctor_run.ts";
import { ACCOUNT_PASSWORD, type DoctorServers, startDoctorServers } from "./servers.ts";
import { Authority } from "../harness/certificates.ts";
import { Database } from "../harness/database.ts";
import type { ServiceSettings } from "../harness/service.ts";
import { withAdmin } from "../harness/topic.ts";
import { uniqueName } from "../harness/random.ts";

let servers: DoctorServers;
/** Database with the consumer's tables. */
let database: Database;
/** Valid settings for the Kafka without TLS and {@link database}. */
let valid: ServiceSettings;

Deno.test.beforeAll(async () => {
  servers = await startDoctorServers();
  const { plain, postgres } = servers;
  database = new Database(postgres, "routes");
  await database.create();
  await database.query(`CREATE ROLE app LOGIN PASSWORD '${ACCOUNT_PASSWORD}'`);
  valid = {
    KAFKA_BOOTSTRAP_SERVERS: plain.bootstrapServers,
    KAFKA_TOPIC_PARTITIONS: 2,
    ...servers.postgresSettings(postgres.user, database.name),
  };
});

Deno.test.afterAll(async () => {
  await servers?.[Symbol.asyncDispose]();
});

Deno.test("doctor reports no failure and changes nothing when the servers are new", async () => {
  const before = await readInventory(servers.plain.bootstrapServers, database);
  assert.deepEqual(before.topics, []);
  const { code, checks } = await runDoctor(valid);
  assert.equal(code, 0, describeFailures(checks));
  assert.match(checks.get("kafka.topics")!.message, /routes does not exist yet; the services create it/);
  assert.match(checks.get("postgresql.tables")!.message, /not created yet: routes_table, .*consumer creates/);
  assert.match(checks.get("postgresql.sslmode")!.message, /PGSSLMODE=verify-full is in effect: .* TLSv1/);
  const missing = { ...valid, PGDATABASE: "elsewhere" };
  assert.match(
    (await runDoctor(missing)).checks.get("postgresql.database")!.message,
    /the consumer creates it/,
  );
  assert.deepEqual(await readInventory(servers.plain.bootstrapServers, database), before);
});

Deno.test("doctor reports ok for every check when a consumer has run", async () => {
  await withAdmin(servers.plain.bootstrapServers, async (admin) => {
    await admin.createTopics({
      topics: [{ topic: "routes", numPartitions: 2, replicationFactor: 1 }],
      waitForLeaders: true,
    });
  });
  await sendRecords(servers.plain.bootstrapServers, "routes", 10, 0);
  const consumer = await runProgram("consumer/main.ts", [], { ...valid, CONSUMER_UNTIL_CAUGHT_UP: "true" });
  assert.equal(consumer.code, 0, consumer.stdout + consumer.stderr);
  await sendRecords(servers.plain.bootstrapServers, "routes", 3, 1);
  const { code, checks } = await runDoctor(valid);
  assert.equal(code, 0, describeFailures(checks));
  assert.match(
    checks.get("kafka.topics")!.message,
    /routes: 2 partitions, 1 replica, keeps records for 7 days/,
  );
  assert.match(checks.get("progress")!.message, /resumes routes at the stored offsets; lag 3$/);
  const unused = ["kafka.ca", "kafka.certificate", "kafka.tls", "kafka.sasl", "postgresql.certificate"];
  for (const { id, mark } of checks.values()) assert.equal(mark, unused.includes(id) ? "skipped" : "ok", id);
});

Deno.test("doctor reports the cause when Kafka's port, certificates or login are wrong", async () => {
  const { certificates, sasl, plain, certificateSettings } = servers;
  await using stranger = await Authority.create("stranger");
  // Another group, because the offsets differ in another Kafka.
  const kafka = { ...valid, ...servers.saslSettings("all"), CONSUMER_GROUP_ID: "others" };
  const { code, checks } = await runDoctor(kafka);
  assert.equal(code, 0, describeFailures(checks));
  assert.match(checks.get("kafka.sasl")!.message, /authenticated as “all” with SCRAM-SHA-256/);
  const at = (server: { bootstrapServers: string }) => ({ KAFKA_BOOTSTRAP_SERVERS: server.bootstrapServers });
  await assertFailures({ ...valid, ...certificateSettings, ...at(sasl) }, {
    "kafka.sasl": /requires SASL.*SASL port does not accept client certificates/,
  });
  await assertFailures({ ...kafka, ...at(certificates) }, {
    "kafka.tls": /port requires a client certificate, but KAFKA_SECURITY_PROTOCOL=SASL_SSL.*SASL port/,
  });
  await assertFailures({ ...valid, ...certificateSettings, KAFKA_SSL_CERTFILE: "", KAFKA_SSL_KEYFILE: "" }, {
    "kafka.tls": /requires a client certificate, but KAFKA_SSL_CERTFILE is not set/,
  });
  const impostor = await stranger.issue("impostor");
  await assertFailures({
    ...valid,
    ...certificateSettings,
    KAFKA_SSL_CERTFILE: impostor.certificateFile,
    KAFKA_SSL_KEYFILE: impostor.keyFile,
  }, {
    "kafka.certificate": /“impostor” was issued by “stranger”/,
    "kafka.tls": /did not accept the client certificate/,
  });
  await assertFailures({ ...kafka, KAFKA_SSL_CAFILE: "" }, {
    "kafka.tls": /issued by “authority”, which is not one of the system's CAs/,
  });
  await assertFailures({ ...valid, ...at(sasl) }, {
    "kafka.tls": /requires TLS, but .*SASL.*set KAFKA_SECURITY_PROTOCOL=SASL_SSL/,
  });
  await assertFailures({ ...kafka, ...at(plain) }, {
    "kafka.tls": /does not support TLS.*KAFKA_SECURITY_PROTOCOL=PLAINTEXT/,
  });
  await assertFailures({ ...kafka, KAFKA_SASL_PLAIN_PASSWORD: "guess" }, {
    "kafka.sasl": /“all” with SCRAM-SHA-256 failed: unknown user or wrong password/,
  });
});

Deno.test("doctor reports the missing ACL when the Kafka user lacks one", async () => {
  const reader = { ...valid, ...servers.saslSettings("reader"), CONSUMER_GROUP_ID: "strangers" };
  await assertFailures({ ...reader, CONSUMER_GROUP_ID: "readers" }, {
    "kafka.topic-access": /lacks Write on the topic routes: the producer cannot write/,
  });
  await assertFailures(reader, {
    "kafka.topic-access": /lacks Write/,
    "kafka.group-access": /lacks Read on the group strangers/,
  });
  await assertFailures({ ...valid, ...servers.saslSettings("none") }, {
    "kafka.topics": /topic routes does not exist, or the account is not allowed to describe it/,
    "kafka.group-access": /lacks Read/,
  });
});

Deno.test("doctor reports the topic when it is missing and cannot be created, or loses records", async () => {
  await assertFailures({ ...valid, KAFKA_TOPIC_PREFIX: "missing-", KAFKA_TOPIC_REPLICATION_FACTOR: 3 }, {
    "kafka.topics":
      /topic missing-routes does not exist, and this account cannot create it: .*Set KAFKA_TOPIC_REPLICATION_FACTOR to/,
  });
  await withAdmin(servers.plain.bootstrapServers, async (admin) => {
    await admin.createTopics({
      topics: [{
        topic: "compacted-routes",
        numPartitions: 1,
        replicationFactor: 1,
        configEntries: [{ name: "cleanup.policy", value: "compact" }],
      }, {
        topic: "short-routes",
        numPartitions: 1,
        replicationFactor: 1,
        configEntries: [{ name: "min.insync.replicas", value: "2" }],
      }],
      waitForLeaders: true,
    });
  });
  await assertFailures({ ...valid, KAFKA_TOPIC_PREFIX: "compacted-" }, {
    "kafka.topics": /cleanup\.policy=compact/,
  });
  await assertFailures({ ...valid, KAFKA_TOPIC_PREFIX: "short-" }, {
    "kafka.topics": /min\.insync\.replicas=2/,
  });
});

Deno.test("doctor reports the clock when records have timestamps in the future", async () => {
  const prefix = `${uniqueName("future")}-`;
  await withAdmin(servers.plain.bootstrapServers, async (admin) => {
    await admin.createTopics({
      topics: [{ topic: `${prefix}routes`, numPartitions: 1, replicationFactor: 1 }],
      waitForLeaders: true,
    });
  });
  await sendRecords(servers.plain.bootstrapServers, `${prefix}routes`, 2, 0);
  await sendRecords(servers.plain.bootstrapServers, `${prefix}routes`, 1, 0, Date.now() + 600_000);
  await assertFailures({ ...valid, KAFKA_TOPIC_PREFIX: prefix }, {
    "kafka.clock": /timestamps in the future: .*routes\[0\] from offset 2/,
  });
});

Deno.test("doctor reports lost records and recreated topics when progress and topic differ", async () => {
  const { bootstrapServers } = servers.plain;
  const prefix = `${uniqueName("progress")}-`;
  const topic = `${prefix}routes`;
  const settings = { ...valid, KAFKA_TOPIC_PREFIX: prefix };
  await withAdmin(bootstrapServers, async (admin) => {
    await admin.createTopics({
      topics: [{ topic, numPartitions: 1, replicationFactor: 1 }],
      waitForLeaders: true,
    });
  });
  await sendRecords(servers.plain.bootstrapServers, topic, 10, 0);
  const progress = (next: number, partition = 0) =>
    database.query(
      `INSERT INTO consumer_progress VALUES ('routes-consumer', $1, $2, $3)
       ON CONFLICT (group_id, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
      [topic, partition, next],
    );
  await progress(2);
  await withAdmin(bootstrapServers, async (admin) => {
    // kafkajs finds the leaders only of topics whose metadata it has fetched before.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "5" }] });
  });
  await assertFailures(settings, {
    progress: /up to 3 records of .* expired before routes-consumer stored them/,
  });
  await progress(11);
  await assertFailures(settings, {
    progress: /recreated, or lost records in .*: partition 0 .* ends at offset 10.*DELETE FROM/,
  });
  await progress(10);
  await progress(1, 7);
  await assertFailures(settings, { progress: /partition 7 of .* no longer exists/ });
  await database.query("UPDATE consumer_progress SET topic_id = $2 WHERE topic = $1", [
    topic,
    crypto.randomUUID(),
  ]);
  await assertFailures(settings, {
    progress: /recreated: its topic id is .*DELETE FROM.*UPDATE consumer_progress SET/,
  });
});

Deno.test("doctor reports the cause when PostgreSQL's address, certificate, login or database is wrong", async () => {
  const { authority, plain, postgres } = servers;
  await assertFailures({ ...valid, PGSSLROOTCERT: "" }, {
    "settings": /PGSSLROOTCERT is not set, but PGSSLMODE=verify-full .* requires it/,
  });
  await assertFailures({ ...valid, PGSSLROOTCERT: "system" }, {
    "postgresql.tls": /not one of the system's CAs.*PGSSLROOTCERT/,
  });
  const app = servers.postgresSettings("app", "routes");
  await assertFailures({ ...valid, ...app, PGSSLMODE: "disable" }, {
    "postgresql.login": /requires TLS, but PGSSLMODE=disable/,
  });
  await assertFailures({ ...valid, PGPASSWORD: "" }, {
    "postgresql.login": /requests a password for “postgres”, but none is set.*PGPASSWORD_FILE/,
  });
  await assertFailures({ ...valid, PGPASSWORD: "guess" }, {
    "postgresql.login": /password authentication failed for user "postgres"/i,
  });
  await assertFailures({ ...valid, ...app, PGDATABASE: "elsewhere" }, {
    "postgresql.database":
      /database “elsewhere” does not exist, and the account is not allowed to create it; existing databases: .*routes/,
  });
  const { checks } = await runDoctor({
    ...valid,
    PGSSLMODE: "require",
    PGSSLROOTCERT: "",
    KAFKA_SSL_CAFILE: authority.self.certificateFile,
  });
  assert.match(checks.get("postgresql.tls")!.message, /require encrypts, but does not verify the server/);

  const defaultdb = new Database(postgres, "defaultdb");
  await defaultdb.create();
  try {
    const uri =
      `postgres://postgres:${postgres.password}@${postgres.host}:${postgres.port}/defaultdb?sslmode=require`;
    await assertFailures({ KAFKA_BOOTSTRAP_SERVERS: plain.bootstrapServers, DATABASE_URL: uri }, {
      "postgresql.database":
        /database is defaultdb.*instead of routes, which has the tables.*in DATABASE_URL, write \/routes/,
    });
  } finally {
    await defaultdb.drop();
  }
});

Deno.test("doctor reports the table, column or privilege when PostgreSQL lacks it", async () => {
  const own = new Database(servers.postgres, uniqueName("doctor"));
  await own.create();
  try {
    const settings = { ...valid, ...servers.postgresSettings("app", own.name) };
    await assertFailures(settings, {
      "postgresql.tables":
        /table routes_table does not exist, and the account is not allowed to create it in the schema public.*GRANT CREATE ON SCHEMA public TO app;/,
    });
    await own.query("REVOKE USAGE ON SCHEMA public FROM PUBLIC");
    const usage = /lacks USAGE on the schema public.*GRANT USAGE ON SCHEMA public TO app;/;
    await assertFailures(settings, { "postgresql.tables": usage });
    await own.query(
      `GRANT USAGE ON SCHEMA public TO PUBLIC; CREATE TABLE routes_table (user_id TEXT, timestamp DOUBLE PRECISION, latitude DOUBLE PRECISION);
      CREATE TABLE consumer_progress (group_id TEXT, topic TEXT, partition INT, next_offset BIGINT);
      CREATE TABLE rejected_records (topic TEXT, partition INT, "offset" BIGINT, key BYTEA, value BYTEA, reason TEXT, detail TEXT);
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO app`,
    );
    await assertFailures(settings, {
      "postgresql.tables":
        /routes_table has an incompatible schema: column user_id: expected integer, found text; column longitude: expected double precision, found none/,
      "postgresql.privileges":
        /lacks INSERT, UPDATE on consumer_progress.*GRANT INSERT, UPDATE ON consumer_progress TO app;/,
    });
    await own.query(`ALTER DATABASE "${own.name}" SET default_transaction_read_only = on`);
    await assertFailures(settings, { "postgresql.database": /is read-only for “app”.*disk is full/ });
  } finally {
    await own.drop();
  }
});
