/**
 * Runs the consumer: waits for the servers, creates missing tables and topics, and consumes until it is
 * stopped.
 *
 * @module
 */
import { RETRIES } from "../shared/kafka/connection.ts";
import { kafkaError } from "../shared/kafka/errors.ts";
import { type KafkaSession, openKafka } from "../shared/kafka/session.ts";
import { registerCodecs } from "../shared/kafka/codecs.ts";
import { topicEnds } from "../shared/kafka/topic.ts";
import { aborted, pause } from "../shared/lifecycle.ts";
import { Availability } from "../shared/observe/availability.ts";
import { type Tell, teller } from "../shared/observe/events.ts";
import { serveProbes } from "../shared/observe/http.ts";
import type { Log } from "../shared/observe/log.ts";
import { ensureReaderRole, READER_ROLE } from "../shared/postgres/reader_role.ts";
import { untilItWorks } from "../shared/retry.ts";
import { upgradeTables } from "../shared/schema/upgrade.ts";
import type { Settings } from "../shared/settings/table.ts";
import type { Stream } from "../shared/stream.ts";
import { loadStreams } from "../shared/streams.ts";
import { GroupConsumer } from "./consume.ts";
import { AbandonedError, Database, type DatabaseOptions } from "./database.ts";
import { EVENTS } from "./events.ts";
import { lag, records, registry } from "./metrics.ts";
import { keyOf, readProgress, type TopicPartition } from "./progress.ts";
import { ensureDatabase, ensureTables } from "./tables.ts";

/** Between two looks at the ends of the topics, and two commits of the copy of the progress. */
const UPKEEP_MS = 2_000;
/** Between two looks at whether this consumer has stored all that was there at the start. */
const CAUGHT_UP_LOOK_MS = 25;
/** Between two questions to PostgreSQL whether the others of its group have, too. */
const CAUGHT_UP_POLL_MS = 100;

/** What the parts of the consumer share. */
interface Context {
  readonly settings: Settings;
  readonly streams: readonly Stream[];
  readonly availability: Availability;
  readonly log: Log;
  readonly tell: Tell<typeof EVENTS>;
  readonly signal: AbortSignal;
}

/**
 * Consumes until `signal` aborts or, where that is asked for, until it has caught up.
 *
 * @throws {PermanentError} where a person has to mend something; {@link SettingsError} where it is a setting
 * @throws {Error} on a fault; the process should end, and be started again
 */
export async function runConsumer(
  settings: Settings,
  warnings: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  registerCodecs();
  const tell = teller(EVENTS, log);
  for (const text of warnings) tell("settings_warning", { text });
  const streams = await loadStreams(settings.STREAMS, settings.KAFKA_TOPIC_PREFIX);
  const availability = new Availability("consumer", ["Kafka", "PostgreSQL"], log, registry);
  const context: Context = { settings, streams, availability, log, tell, signal };
  await using _probes = serveProbes(settings, { problems: () => availability.problems(), registry });
  tell("started", {
    group: settings.CONSUMER_GROUP_ID,
    streams: streams.map(({ name }) => name),
    brokers: settings.KAFKA_BOOTSTRAP_SERVERS,
    database: `${settings.PGHOST}:${settings.PGPORT}/${settings.PGDATABASE}`,
  });
  using _summary = summarize(context);

  try {
    const topics = streams.map(({ topic }) => topic);
    const [database, first] = await Promise.all([openDatabase(context), connect(context, topics)]);
    if (database && first) {
      await using _database = database;
      await consume(context, database, first);
    }
  } catch (error) {
    // Stopped while waiting for a server.
    if (!(error instanceof AbandonedError)) throw error;
  }
  const { stored, rejected } = await totals();
  tell("stopped", { stored, rejected });
}

/** Waits for PostgreSQL and makes what is missing there. */
async function openDatabase(context: Context): Promise<Database | undefined> {
  const { settings, streams, availability, tell, signal } = context;
  let saidPlaintext = false;
  const options: DatabaseOptions = {
    applicationName: settings.CONSUMER_GROUP_ID,
    group: settings.CONSUMER_GROUP_ID,
    statementTimeoutMs: settings.CONSUMER_TRANSACTION_TIMEOUT_MS,
    onPlaintext: (text) => {
      if (!saidPlaintext) tell("plaintext", { text });
      saidPlaintext = true;
    },
  };
  const created = await untilItWorks(
    "PostgreSQL",
    availability,
    signal,
    () => ensureDatabase(settings, options),
  );
  if (created === undefined) return undefined;
  if (created) tell("created", { what: `database ${settings.PGDATABASE}` });
  const database = new Database(
    settings,
    options,
    availability,
    signal,
    (count) => tell("frozen", { count }),
  );
  const tables = await database.run("Cannot prepare the tables", (client) => ensureTables(client, streams));
  for (const table of tables) tell("created", { what: `table ${table}` });
  const { added, warnings } = await database.run(
    "Cannot upgrade the tables",
    (client) => upgradeTables(client),
  );
  for (const what of added) tell("created", { what });
  for (const text of warnings) tell("table_warning", { text });
  const readable = [...streams.map(({ table }) => table), "rejected_records", "consumer_progress"];
  const reader = await database.run(
    "Cannot prepare the role of readers",
    (client) => ensureReaderRole(client, readable),
  );
  if (reader) tell("created", { what: `role ${READER_ROLE}, which may only read the tables` });
  return database;
}

/** Waits for Kafka and makes those of the topics that are missing there. */
async function connect(
  { settings, availability, log, tell, signal }: Context,
  topics: readonly string[],
): Promise<KafkaSession | undefined> {
  const session = await untilItWorks("Kafka", availability, signal, () =>
    openKafka(settings, {
      clientId: "consumer",
      topics,
      log,
      retries: RETRIES.many,
      onTrouble: (message) => availability.down("Kafka", new Error(`Kafka: ${message}.`), "connection"),
    }));
  for (const topic of session?.created ?? []) tell("created", { what: `topic ${topic}` });
  return session;
}

/** Consumes until it is stopped or, if the settings ask for it, has caught up. The servers may come and go meanwhile. */
async function consume(context: Context, database: Database, session: KafkaSession): Promise<void> {
  const { settings, streams, availability, tell, signal } = context;
  await using kafka = session;
  const targets = settings.CONSUMER_UNTIL_CAUGHT_UP ? await endsOf(kafka, streams) : undefined;
  const consumer = new GroupConsumer({ kafka, database, streams, settings, availability, tell });
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const upkeep = repeat(UPKEEP_MS, until, async () => {
    await consumer.commit();
    await measureLag(consumer, kafka.admin, streams);
  });
  try {
    consumer.start();
    await Promise.race([
      aborted(signal),
      consumer.failed,
      ...targets ? [caughtUp(context, consumer, database, targets, until)] : [],
    ]);
  } catch (error) {
    // A message of ours if there is one; else the fault itself, so that its stack is logged.
    const named = kafkaError("Cannot consume", error, settings);
    throw named.name === "PermanentError" ? named : error;
  } finally {
    over.abort();
    await consumer.stop(settings.CONSUMER_SHUTDOWN_TIMEOUT_MS);
    // It may wait for a broker that is away.
    await Promise.race([upkeep, pause(200)]);
  }
}

type Target = TopicPartition & { readonly high: number };

/** The ends of all partitions. Partitions that hold nothing are not among them. */
async function endsOf({ admin }: KafkaSession, streams: readonly Stream[]): Promise<Target[]> {
  const targets = await Promise.all(
    streams.map(async ({ topic }) =>
      [...await topicEnds(admin, topic)].filter(([, { low, high }]) => high > low)
        .map(([partition, { high }]) => ({ topic, partition, high }))
    ),
  );
  return targets.flat();
}

/** Resolves when the group has stored everything before the targets, whichever of its consumers did. */
async function caughtUp(
  { settings, tell }: Context,
  consumer: GroupConsumer,
  database: Database,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const stored = new Map(consumer.positions.map((at) => [keyOf(at), at.stored]));
    // Behind in a partition of its own it knows the answer, and asking would keep the next transaction waiting.
    if (targets.some((target) => (stored.get(keyOf(target)) ?? Infinity) < target.high)) {
      await pause(CAUGHT_UP_LOOK_MS, signal);
      continue;
    }
    const progress = await database.run(
      "Cannot read consumer_progress",
      (client) => readProgress(client, settings.CONSUMER_GROUP_ID, targets),
    );
    if (targets.every((target) => (progress.get(keyOf(target)) ?? 0) >= target.high)) {
      tell("caught_up", {});
      return;
    }
    await pause(CAUGHT_UP_POLL_MS, signal);
  }
}

async function measureLag(
  consumer: GroupConsumer,
  admin: KafkaSession["admin"],
  streams: readonly Stream[],
): Promise<void> {
  const { positions } = consumer;
  for (const { topic } of streams) {
    const mine = positions.filter((at) => at.topic === topic);
    if (mine.length === 0) continue;
    const ends = await topicEnds(admin, topic).catch(() => undefined);
    for (const { partition, stored } of mine) {
      const high = ends?.get(partition)?.high;
      if (high !== undefined) lag.set({ topic, partition }, Math.max(0, high - stored));
    }
  }
}

/** Does something every so often until `signal` aborts. Never rejects. */
async function repeat(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await pause(ms, signal);
    if (!signal.aborted) await work().catch(() => {});
  }
}

const sum = (values: readonly { value: number }[]) => values.reduce((total, { value }) => total + value, 0);

async function totals(): Promise<{ stored: number; rejected: number }> {
  const { values } = await records.get();
  const of = (outcome: string) => sum(values.filter(({ labels }) => labels.outcome === outcome));
  return { stored: of("stored"), rejected: of("rejected") };
}

/** A summary line every few seconds. */
function summarize({ settings, tell }: Context): Disposable {
  const seconds = settings.LOG_SUMMARY_SECONDS;
  let before = 0;
  const timer = setInterval(async () => {
    const { stored, rejected } = await totals();
    // A consumer to which the group has given no partitions yet is not to look like one that has caught up.
    const { values } = await lag.get();
    const behind = values.length > 0 ? sum(values) : undefined;
    tell("summary", { stored, rejected, rate: (stored - before) / seconds, lag: behind });
    before = stored;
  }, seconds * 1000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
