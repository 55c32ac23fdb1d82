/**
 * The servers of the benchmark: those in the environment, or new ones.
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

/** Where a benchmark runs: servers, and a database and names of its own on them. */
export interface Bench extends AsyncDisposable {
  /** What leads the services to servers and database. */
  readonly env: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** Set when it was started here: for Kafka's own tools. */
  readonly kafkaServer: KafkaServer | undefined;
  readonly kafka: Kafka;
  readonly admin: Admin;
  /** Connected to the benchmark's own database. */
  readonly client: pg.Client;
  /** One more connection. */
  connect(): Promise<pg.Client>;
  /** The same servers with a database of its own, removed when that is disposed of. */
  otherDatabase(): Promise<Bench>;
  /** Says what is being done. */
  say(text: string): void;
}

/** Names from which servers of somebody's own are recognized. */
const NAMED = ["KAFKA_BOOTSTRAP_SERVERS", "PGHOST", "DATABASE_URL"];
const PREFIXES = /^(KAFKA_|PG|DATABASE_URL|HOST_SETTINGS)/;

/**
 * Opens the servers: embedded ones, unless INTEGRATION_SERVERS asks for containers, whose network takes CPU time too. All that is made
 * there is removed again.
 */
export async function openBench(say: (text: string) => void): Promise<Bench> {
  await using stack = new AsyncDisposableStack();
  const own = !NAMED.some((name) => Deno.env.has(name));
  const database = uniqueName("bench").replaceAll("-", "_");
  let kafkaServer: KafkaServer | undefined;
  const env: Record<string, string> = { PGDATABASE: database, KAFKA_TOPIC_PREFIX: `${uniqueName("bench")}.` };
  if (own) {
    const kind = chosenHere();
    const [kafka, postgres] = await Promise.all([
      startKafka({ ...kind, jvm: "kafka", onProgress: say }).then((server) => stack.use(server)),
      startPostgres({ ...kind, onProgress: say }).then((server) => stack.use(server)),
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
  } else {
    for (const [name, value] of Object.entries(Deno.env.toObject())) {
      if (PREFIXES.test(name)) env[name] ??= value;
    }
  }
  const { settings } = loadSettings(["kafka", "postgresql"], {
    ...PROCESS,
    args: [],
    env: (name) => env[name],
  });
  const quiet = () => () => {};
  const kafka = kafkaClient(settings, "bench", quiet);
  const admin = kafka.admin();
  await admin.connect();
  stack.defer(() => admin.disconnect());
  const maintenance = await connectPostgres(settings, { applicationName: "bench", database: "postgres" });
  stack.defer(() => maintenance.end());

  const withDatabase = async (database: string, stack: AsyncDisposableStack): Promise<Bench> => {
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
      otherDatabase: async () => {
        await using others = new AsyncDisposableStack();
        const other = await withDatabase(uniqueName("bench").replaceAll("-", "_"), others);
        const all = others.move();
        return { ...other, [Symbol.asyncDispose]: () => all.disposeAsync() };
      },
      say,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  };
  const bench = await withDatabase(database, stack);
  const all = stack.move();
  return { ...bench, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const chosenHere = (): { kind?: "embedded" } =>
  Deno.env.get("INTEGRATION_SERVERS") ? {} : { kind: "embedded" };

/** Makes a topic of the stream `routes` under a prefix of its own; gives the prefix and the topic's name. */
export async function newTopic(
  { admin, settings }: Bench,
  partitions: number,
): Promise<{ prefix: string; topic: string }> {
  const prefix = `${uniqueName("bench")}.`;
  const topic = `${prefix}routes`;
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

/** Removes topics; what is left of them would take the disk from what is measured next. */
export async function removeTopics({ admin }: Bench, topics: readonly string[]): Promise<void> {
  await admin.deleteTopics({ topics: [...topics] });
}
