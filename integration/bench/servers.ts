/**
 * The servers of the benchmark: new ones, or external ones given by the environment.
 *
 * @module
 */
import type { Admin, Kafka } from "kafkajs";
import type pg from "pg";
import { kafkaClient } from "../../shared/kafka/client.ts";
import { connectPostgres } from "../../shared/postgres/connection.ts";
import { loadSettings, PROCESS } from "../../shared/settings/load.ts";
import type { Settings } from "../../shared/settings/table.ts";
import { uniqueName } from "../harness/random.ts";
import { waitForLeaders } from "../harness/topic.ts";
import { type KafkaServer, startKafka, startPostgres } from "../../local/servers/mod.ts";

/** Servers, with a new database. Disposal drops the database and stops servers that the benchmark started. */
export interface Bench extends AsyncDisposable {
  /** Environment variables with which services connect to the servers and the database. */
  readonly env: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** Runs Kafka's tools; `undefined` for an external server. */
  readonly kafkaServer: KafkaServer | undefined;
  readonly kafka: Kafka;
  readonly admin: Admin;
  /** Connected to the new database. */
  readonly client: pg.Client;
  /** Opens another connection to the new database. */
  connect(): Promise<pg.Client>;
  /** Creates another database on the same servers. Disposal of the result drops only this database. */
  createDatabase(): Promise<Bench>;
  /** Logs progress. */
  log(message: string): void;
}

/** If one of these variables is set, the benchmark uses external servers. */
const SERVER_VARIABLES = ["KAFKA_BOOTSTRAP_SERVERS", "PGHOST", "DATABASE_URL"];
/** Variables that are passed to the services if servers are external. */
const CONNECTION_VARIABLES = /^(KAFKA_|PG|DATABASE_URL|HOST_SETTINGS)/;

/**
 * Starts or connects to the servers. New servers are embedded unless INTEGRATION_SERVERS is set: the network of containers uses
 * additional CPU time.
 */
export async function openBench(log: (message: string) => void): Promise<Bench> {
  await using stack = new AsyncDisposableStack();
  const isExternal = SERVER_VARIABLES.some((name) => Deno.env.has(name));
  const database = newDatabaseName();
  let kafkaServer: KafkaServer | undefined;
  const env: Record<string, string> = { PGDATABASE: database, KAFKA_TOPIC_PREFIX: `${uniqueName("bench")}.` };
  if (isExternal) {
    for (const [name, value] of Object.entries(Deno.env.toObject())) {
      if (CONNECTION_VARIABLES.test(name)) env[name] ??= value;
    }
  } else {
    const options = { ...serverKind(), onProgress: log };
    const [kafka, postgres] = await Promise.all([
      startKafka({ ...options, jvm: "kafka" }).then((server) => stack.use(server)),
      startPostgres(options).then((server) => stack.use(server)),
    ]);
    kafkaServer = kafka;
    Object.assign(env, {
      KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
      PGHOST: postgres.host,
      PGPORT: String(postgres.port),
      PGUSER: postgres.user,
      PGPASSWORD: postgres.password,
      PGSSLMODE: "disable",
    });
  }
  const { settings } = loadSettings(["kafka", "postgresql"], {
    ...PROCESS,
    args: [],
    env: (name) => env[name],
  });
  const kafka = kafkaClient(settings, "bench", () => () => {});
  const admin = kafka.admin();
  await admin.connect();
  stack.defer(() => admin.disconnect());
  const maintenance = await connectPostgres(settings, { applicationName: "bench", database: "postgres" });
  stack.defer(() => maintenance.end());

  const createBench = async (database: string, stack: AsyncDisposableStack): Promise<Bench> => {
    const connect = () => connectPostgres(settings, { applicationName: "bench", database });
    await maintenance.query(`CREATE DATABASE "${database}"`);
    stack.defer(async () => {
      await maintenance.query(`DROP DATABASE "${database}" WITH (FORCE)`);
    });
    const client = await connect();
    stack.defer(() => client.end());
    return {
      env: { ...env, PGDATABASE: database },
      settings,
      kafkaServer,
      kafka,
      admin,
      client,
      connect,
      createDatabase: async () => {
        await using stack = new AsyncDisposableStack();
        const bench = await createBench(newDatabaseName(), stack);
        const resources = stack.move();
        return { ...bench, [Symbol.asyncDispose]: () => resources.disposeAsync() };
      },
      log,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  };
  const bench = await createBench(database, stack);
  const resources = stack.move();
  return { ...bench, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

const newDatabaseName = () => uniqueName("bench").replaceAll("-", "_");

/** Without `kind` the server functions read INTEGRATION_SERVERS. */
const serverKind = (): { kind?: "embedded" } =>
  Deno.env.get("INTEGRATION_SERVERS") ? {} : { kind: "embedded" };

/** Creates a topic with a new prefix. */
export async function createTopic(
  { admin, settings }: Bench,
  partitions: number,
  name = "routes",
): Promise<{ prefix: string; topic: string }> {
  const prefix = `${uniqueName("bench")}.`;
  const topic = prefix + name;
  await admin.createTopics({
    topics: [{
      topic,
      numPartitions: partitions,
      replicationFactor: settings.KAFKA_TOPIC_REPLICATION_FACTOR,
    }],
    waitForLeaders: false,
  });
  await waitForLeaders(admin, topic, partitions);
  return { prefix, topic };
}

/** Deletes topics, whose data would otherwise be written to disk during later measurements. */
export async function deleteTopics({ admin }: Bench, topics: readonly string[]): Promise<void> {
  await admin.deleteTopics({ topics: [...topics] });
}
