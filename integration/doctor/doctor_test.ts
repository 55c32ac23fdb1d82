/**
 * The doctor on real servers: each mistake is made, and must be named. Its own tests, in `consumer/`, show the lines that need no
 * server, or one that can't be had here: another clock, a long way, a cluster that lacks brokers.
 *
 * @module
 */
import assert from "assert";
import { ACCOUNT_PASSWORD, type DoctorServers, startDoctorServers } from "./servers.ts";
import { Authority } from "../harness/certificates.ts";
import { Database } from "../harness/database.ts";
import { PROJECT } from "../harness/project.ts";
import type { ServiceSettings } from "../harness/service.ts";
import { kafkaClient, withAdmin } from "../harness/topic.ts";
import { uniqueName } from "../harness/unique_name.ts";
import { within } from "../harness/wait.ts";

/** One line of the doctor's, as `--json` has it. */
interface Line {
  readonly id: string;
  readonly mark: "ok" | "warning" | "failed" | "skipped";
  readonly why: string;
  readonly remedy?: string;
}

/** What a program of the consumer's printed. */
async function run(program: string, args: string[], settings: ServiceSettings) {
  const { HOME = "/", PATH = "", DENO_DIR } = Deno.env.toObject();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-P=consumer", program, ...args],
    cwd: PROJECT,
    env: {
      HOME,
      PATH,
      ...DENO_DIR !== undefined && { DENO_DIR },
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
    },
    clearEnv: true,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  try {
    const { code, stdout, stderr } = await within(`${program} to end`, 40_000, child.output());
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** All lines by their id. */
async function examine(settings: ServiceSettings): Promise<{ code: number; lines: Map<string, Line> }> {
  const { code, stdout, stderr } = await run("doctor/main.ts", ["--json"], settings);
  assert.equal(stderr, "");
  assert(!stdout.includes(ACCOUNT_PASSWORD), "a password is shown");
  const { checks }: { checks: Line[] } = JSON.parse(stdout);
  return { code, lines: new Map(checks.map((line) => [line.id, line])) };
}

/** Asserts that a line fails and says this, that nothing else fails, and that the exit code is 1. */
async function assertNames(settings: ServiceSettings, mistakes: Record<string, RegExp>): Promise<void> {
  const { code, lines } = await examine(settings);
  const failures = [...lines.values()].filter(({ mark }) => mark === "failed");
  assert.deepEqual(
    failures.map(({ id }) => id),
    Object.keys(mistakes),
    JSON.stringify(failures, undefined, 1),
  );
  for (const { id, why, remedy } of failures) assert.match(`${why}. ${remedy}`, mistakes[id]!);
  assert.equal(code, 1);
}

let servers: DoctorServers;
/** A database with the consumer's tables, filled from {@link DoctorServers.plain}. */
let database: Database;
/** Settings that are right, for the Kafka without TLS and that database. */
let right: ServiceSettings;

Deno.test.beforeAll(async () => {
  servers = await startDoctorServers();
  const { plain, postgres } = servers;
  database = new Database(postgres, "routes");
  await database.create();
  await database.query(`CREATE ROLE app LOGIN PASSWORD '${ACCOUNT_PASSWORD}'`);
  right = {
    KAFKA_BOOTSTRAP_SERVERS: plain.bootstrapServers,
    KAFKA_TOPIC_PARTITIONS: 2,
    ...servers.postgresSettings(postgres.user, database.name),
  };
});

Deno.test.afterAll(async () => {
  await servers?.[Symbol.asyncDispose]();
});

/** Sends valid records to the plain Kafka. */
async function produce(topic: string, count: number, partition: number, timestamp?: number): Promise<void> {
  const producer = kafkaClient(servers.plain.bootstrapServers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const value = '{"userID":1,"timestamp":1700000000,"coordinates":[1,2]}';
    await producer.send({
      topic,
      messages: Array.from({ length: count }, () => ({
        value,
        partition,
        ...timestamp !== undefined && { timestamp: String(timestamp) },
      })),
    });
  } finally {
    await producer.disconnect();
  }
}

/** What is in the plain Kafka and in the database's catalogue: the doctor must leave it as it is. */
async function inventory() {
  const [topics, groups] = await withAdmin(
    servers.plain.bootstrapServers,
    (admin) => Promise.all([admin.listTopics(), admin.listGroups()]),
  );
  const relations = await database.query(
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace",
  );
  const databases = await database.query("SELECT datname FROM pg_database");
  return { topics, groups: groups.groups, relations, databases };
}

Deno.test("doctor names nothing and changes nothing when servers are new and nothing is wrong", async () => {
  const before = await inventory();
  assert.deepEqual(before.topics, []);
  const { code, lines } = await examine(right);
  assert.equal(code, 0, JSON.stringify([...lines.values()].filter(({ mark }) => mark === "failed")));
  assert.match(lines.get("kafka.topics")!.why, /routes does not exist yet; the services create it/);
  assert.match(lines.get("postgresql.tables")!.why, /not there yet: routes_table, .*the consumer creates/);
  assert.match(lines.get("postgresql.sslmode")!.why, /PGSSLMODE=verify-full is honoured: .* TLSv1/);
  const missing = { ...right, PGDATABASE: "elsewhere" };
  assert.match((await examine(missing)).lines.get("postgresql.database")!.why, /the consumer creates it/);
  assert.deepEqual(await inventory(), before);
});

Deno.test("doctor marks everything ✓ when a consumer has been at work", async () => {
  await withAdmin(servers.plain.bootstrapServers, async (admin) => {
    await admin.createTopics({
      topics: [{ topic: "routes", numPartitions: 2, replicationFactor: 1 }],
      waitForLeaders: true,
    });
  });
  await produce("routes", 10, 0);
  const consumer = await run("consumer/main.ts", [], { ...right, CONSUMER_UNTIL_CAUGHT_UP: "true" });
  assert.equal(consumer.code, 0, consumer.stdout + consumer.stderr);
  await produce("routes", 3, 1);
  const { code, lines } = await examine(right);
  assert.equal(code, 0, JSON.stringify([...lines.values()]));
  assert.match(lines.get("kafka.topics")!.why, /routes: 2 partitions, 1 replica, keeps records for 7 days/);
  assert.match(lines.get("progress")!.why, /goes on where it stopped in routes; 3 records wait/);
  const unused = ["kafka.ca", "kafka.certificate", "kafka.tls", "kafka.sasl", "postgresql.certificate"];
  for (const { id, mark } of lines.values()) assert.equal(mark, unused.includes(id) ? "skipped" : "ok", id);
});

Deno.test("doctor names the mistake when Kafka's port, certificates or login are not right", async () => {
  const { certificates, sasl, plain, certificateSettings } = servers;
  await using stranger = await Authority.create("stranger");
  // A group of its own: another Kafka has other offsets.
  const kafka = { ...right, ...servers.saslSettings("all"), CONSUMER_GROUP_ID: "others" };
  const { code, lines } = await examine(kafka);
  assert.equal(code, 0, JSON.stringify([...lines.values()].filter(({ mark }) => mark === "failed")));
  assert.match(lines.get("kafka.sasl")!.why, /logged in as “all” by SCRAM-SHA-256/);
  const at = (server: { bootstrapServers: string }) => ({ KAFKA_BOOTSTRAP_SERVERS: server.bootstrapServers });
  await assertNames({ ...right, ...certificateSettings, ...at(sasl) }, {
    "kafka.sasl": /wants a login by SASL.*client certificate is of no use on the SASL port/,
  });
  await assertNames({ ...kafka, ...at(certificates) }, {
    "kafka.tls": /port for client certificates, and KAFKA_SECURITY_PROTOCOL=SASL_SSL.*SASL port/,
  });
  await assertNames({ ...right, ...certificateSettings, KAFKA_SSL_CERTFILE: "", KAFKA_SSL_KEYFILE: "" }, {
    "kafka.tls": /asks for a client certificate, and KAFKA_SSL_CERTFILE is not set/,
  });
  const impostor = await stranger.issue("impostor");
  await assertNames({
    ...right,
    ...certificateSettings,
    KAFKA_SSL_CERTFILE: impostor.certificateFile,
    KAFKA_SSL_KEYFILE: impostor.keyFile,
  }, {
    "kafka.certificate": /“impostor” was issued by “stranger”/,
    "kafka.tls": /refused the client certificate/,
  });
  await assertNames({ ...kafka, KAFKA_SSL_CAFILE: "" }, {
    "kafka.tls": /issued by “authority”, which the system's CAs don't know/,
  });
  await assertNames({ ...right, ...at(sasl) }, {
    "kafka.tls": /speaks TLS.*a login by SASL.*set KAFKA_SECURITY_PROTOCOL=SASL_SSL/,
  });
  await assertNames({ ...kafka, ...at(plain) }, {
    "kafka.tls": /does not speak TLS.*KAFKA_SECURITY_PROTOCOL=PLAINTEXT/,
  });
  await assertNames({ ...kafka, KAFKA_SASL_PLAIN_PASSWORD: "guess" }, {
    "kafka.sasl": /refused “all” by SCRAM-SHA-256: no such user, or a wrong password/,
  });
});

Deno.test("doctor names the missing right when a Kafka account may not do something", async () => {
  const reader = { ...right, ...servers.saslSettings("reader"), CONSUMER_GROUP_ID: "strangers" };
  await assertNames({ ...reader, CONSUMER_GROUP_ID: "readers" }, {
    "kafka.topic-access": /may not Write on the topic routes: the producer can't write/,
  });
  await assertNames(reader, {
    "kafka.topic-access": /may not Write/,
    "kafka.group-access": /may not Read in the group strangers/,
  });
  await assertNames({ ...right, ...servers.saslSettings("none") }, {
    "kafka.topics": /may not see the topic routes, or there is none/,
    "kafka.group-access": /may not Read/,
  });
});

Deno.test("doctor names the topic when it is missing and can't be created, or loses records", async () => {
  await assertNames({ ...right, KAFKA_TOPIC_PREFIX: "missing-", KAFKA_TOPIC_REPLICATION_FACTOR: 3 }, {
    "kafka.topics":
      /topic missing-routes does not exist, and this account can't create it.*avn service topic-create/,
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
  await assertNames({ ...right, KAFKA_TOPIC_PREFIX: "compacted-" }, {
    "kafka.topics": /cleanup\.policy=compact/,
  });
  await assertNames({ ...right, KAFKA_TOPIC_PREFIX: "short-" }, {
    "kafka.topics": /min\.insync\.replicas=2/,
  });
});

Deno.test("doctor names the clock when records were stamped in the future", async () => {
  const prefix = `${uniqueName("future")}-`;
  await withAdmin(servers.plain.bootstrapServers, async (admin) => {
    await admin.createTopics({
      topics: [{ topic: `${prefix}routes`, numPartitions: 1, replicationFactor: 1 }],
      waitForLeaders: true,
    });
  });
  await produce(`${prefix}routes`, 2, 0);
  await produce(`${prefix}routes`, 1, 0, Date.now() + 600_000);
  await assertNames({ ...right, KAFKA_TOPIC_PREFIX: prefix }, {
    "kafka.clock": /stamped later than now: .*routes\[0\] from offset 2/,
  });
});

Deno.test("doctor names what became of the records when progress and topic don't fit", async () => {
  const { bootstrapServers } = servers.plain;
  const prefix = `${uniqueName("progress")}-`;
  const topic = `${prefix}routes`;
  const settings = { ...right, KAFKA_TOPIC_PREFIX: prefix };
  await withAdmin(bootstrapServers, async (admin) => {
    await admin.createTopics({
      topics: [{ topic, numPartitions: 1, replicationFactor: 1 }],
      waitForLeaders: true,
    });
  });
  await produce(topic, 10, 0);
  const progress = (next: number, partition = 0) =>
    database.query(
      `INSERT INTO consumer_progress VALUES ('routes-consumer', $1, $2, $3)
       ON CONFLICT (group_id, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
      [topic, partition, next],
    );
  await progress(2);
  await withAdmin(bootstrapServers, async (admin) => {
    // kafkajs looks for the leaders of topics that it has asked for before.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "5" }] });
  });
  await assertNames(settings, {
    progress: /up to 3 records of .* expired before routes-consumer stored them/,
  });
  await progress(11);
  await assertNames(settings, {
    progress: /recreated, or lost records in .*: partition 0 .* ends at offset 10.*DELETE FROM/,
  });
  await progress(10);
  await progress(1, 7);
  await assertNames(settings, { progress: /partition 7 of .* is not there any more/ });
  await database.query("UPDATE consumer_progress SET topic_id = $2 WHERE topic = $1", [
    topic,
    crypto.randomUUID(),
  ]);
  await assertNames(settings, {
    progress: /recreated: its topic id is .*DELETE FROM.*UPDATE consumer_progress SET/,
  });
});

Deno.test("doctor names the mistake when PostgreSQL's address, certificate, login or database is not right", async () => {
  const { authority, plain, postgres } = servers;
  await assertNames({ ...right, PGSSLROOTCERT: "" }, {
    "settings": /PGSSLROOTCERT is not set, and PGSSLMODE=verify-full .* needs it/,
  });
  await assertNames({ ...right, PGSSLROOTCERT: "system" }, {
    "postgresql.tls": /system's CAs don't know.*PGSSLROOTCERT/,
  });
  const app = servers.postgresSettings("app", "routes");
  await assertNames({ ...right, ...app, PGSSLMODE: "disable" }, {
    "postgresql.login": /takes connections with TLS only, and PGSSLMODE=disable/,
  });
  await assertNames({ ...right, PGPASSWORD: "" }, {
    "postgresql.login": /asks “postgres” for a password, and there is none.*PGPASSWORD_FILE/,
  });
  await assertNames({ ...right, PGPASSWORD: "guess" }, {
    "postgresql.login": /refused the password of “postgres”/,
  });
  await assertNames({ ...right, ...app, PGDATABASE: "elsewhere" }, {
    "postgresql.database": /no database “elsewhere”, and the account may not create it; there are: .*routes/,
  });
  const { lines } = await examine({
    ...right,
    PGSSLMODE: "require",
    PGSSLROOTCERT: "",
    KAFKA_SSL_CAFILE: authority.self.certificateFile,
  });
  assert.match(lines.get("postgresql.tls")!.why, /require encrypts, but does not verify who answers/);

  const defaultdb = new Database(postgres, "defaultdb");
  await defaultdb.create();
  try {
    const uri =
      `postgres://postgres:${postgres.password}@${postgres.host}:${postgres.port}/defaultdb?sslmode=require`;
    await assertNames({ KAFKA_BOOTSTRAP_SERVERS: plain.bootstrapServers, DATABASE_URL: uri }, {
      "postgresql.database":
        /database is defaultdb.*and not routes, which has the tables.*in DATABASE_URL, write \/routes/,
    });
  } finally {
    await defaultdb.drop();
  }
});

Deno.test("doctor names the table, the column and the right when PostgreSQL lacks them", async () => {
  const { postgres } = servers;
  const own = new Database(postgres, uniqueName("doctor"));
  await own.create();
  try {
    const settings = { ...right, ...servers.postgresSettings("app", own.name) };
    await assertNames(settings, {
      "postgresql.tables":
        /no table routes_table, and the account may not create it in the schema public.*GRANT CREATE ON SCHEMA public/,
    });
    await own.query(
      `CREATE TABLE routes_table (user_id BIGINT, timestamp DOUBLE PRECISION, latitude DOUBLE PRECISION);
      CREATE TABLE consumer_progress (group_id TEXT, topic TEXT, partition INT, next_offset BIGINT);
      CREATE TABLE rejected_records (topic TEXT, partition INT, "offset" BIGINT, key BYTEA, value BYTEA, reason TEXT, detail TEXT);
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO app`,
    );
    await assertNames(settings, {
      "postgresql.tables":
        /routes_table has an incompatible schema: column user_id: expected integer, found bigint; column longitude: expected double precision, found none/,
      "postgresql.privileges":
        /may not INSERT, UPDATE on consumer_progress.*GRANT INSERT, UPDATE ON consumer_progress TO "app"/,
    });
    await own.query(`ALTER DATABASE "${own.name}" SET default_transaction_read_only = on`);
    await assertNames(settings, { "postgresql.database": /is read-only for “app”.*disk that is full/ });
  } finally {
    await own.drop();
  }
});
