/**
 * Runs the consumer: waits for the servers, creates missing tables and topics, and consumes until it is
 * stopped.
 *
 * @module
 */
import { RETRIES } from "../shared/kafka/connection.ts";
import { kafkaError } from "../shared/kafka/errors.ts";
import { type KafkaSession, openKafka } from "../shared/kafka/session.ts";
import { registerCodecs } from "../shared/kafka/records/codecs.ts";
import { aborted, pause } from "../shared/lifecycle.ts";
import { Availability } from "../shared/observe/availability.ts";
import { createEmitter, type Emit } from "../shared/observe/events.ts";
import { serveProbes } from "../shared/observe/http.ts";
import type { Log } from "../shared/observe/log.ts";
import { ensureReaderRole, READER_ROLE } from "../shared/schema/reader_role.ts";
import { retryUntilAvailable } from "../shared/retry.ts";
import { upgradeTables } from "../shared/schema/upgrade_tables.ts";
import type { Settings } from "../shared/settings/table.ts";
import type { Stream } from "../shared/stream.ts";
import { loadStreams } from "../shared/streams.ts";
import { catchUp, fetchTargets, type Target } from "./catch_up.ts";
import { GroupConsumer } from "./group_consumer.ts";
import { CancelledError, Database, type DatabaseOptions } from "./store/database.ts";
import { EVENTS } from "./events.ts";
import { LagReporter } from "./lag.ts";
import { GroupCoordinator } from "../shared/kafka/group/coordinator.ts";
import { fetchOwners } from "../shared/kafka/group/owners.ts";
import { lag, records, registry, unassignedLag } from "./metrics.ts";
import { type MonitorSources, PartitionMonitor } from "./partition_monitor.ts";
import { catchUpSources, monitorSources, type SourceOptions } from "./sources.ts";
import { assertGroupFits } from "./store/group_encoding.ts";
import { UnassignedLagReporter } from "./unassigned_lag.ts";
import { ensureDatabase } from "../shared/schema/create_database.ts";
import { ensureTables } from "../shared/schema/ensure_tables.ts";
import { OWN_TABLES } from "../shared/schema/own_tables.ts";

/** Between two polls of the topics' watermarks and of the stored progress. */
const LAG_POLL_INTERVAL_MS = 2_000;
/** Between two commits of the progress to Kafka. */
const COMMIT_INTERVAL_MS = 2_000;

/** What the parts of the consumer share. */
interface Context {
  readonly settings: Settings;
  readonly streams: readonly Stream[];
  readonly availability: Availability;
  readonly log: Log;
  readonly tell: Emit<typeof EVENTS>;
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
  const tell = createEmitter(EVENTS, log);
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
    if (!(error instanceof CancelledError)) throw error;
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
  const created = await retryUntilAvailable(
    "PostgreSQL",
    availability,
    signal,
    () => ensureDatabase(settings, { ...options, signal }),
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
  await database.run(
    "Cannot use CONSUMER_GROUP_ID",
    (client) => assertGroupFits(client, settings.CONSUMER_GROUP_ID),
  );
  const tables = await database.run("Cannot prepare the tables", (client) => ensureTables(client, streams));
  for (const table of tables) tell("created", { what: `table ${table}` });
  const { added, warnings } = await database.run(
    "Cannot upgrade the tables",
    (client) => upgradeTables(client),
  );
  for (const what of added) tell("created", { what });
  for (const text of warnings) tell("table_warning", { text });
  const readable = [...streams.map(({ table }) => table), ...OWN_TABLES.map(({ name }) => name)];
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
  const session = await retryUntilAvailable("Kafka", availability, signal, () =>
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
  const group = settings.CONSUMER_GROUP_ID;
  const options: SourceOptions = {
    cluster: kafka.cluster,
    database,
    group,
    topics: streams.map(({ topic }) => topic),
  };
  const sources = monitorSources(options);
  const targets = settings.CONSUMER_UNTIL_CAUGHT_UP ? await waitForTargets(context, sources) : [];
  const consumer = new GroupConsumer({ kafka, database, streams, settings, availability, emit: tell });
  const monitor = new PartitionMonitor(group, consumer, sources, new LagReporter(tell), tell);
  const coordinator = new GroupCoordinator(kafka.cluster, group);
  const unassigned = new UnassignedLagReporter(
    { ...sources, owners: () => fetchOwners(coordinator) },
    tell,
  );
  database.onReconnect = () => monitor.wake();
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const upkeep = Promise.all([
    repeat(COMMIT_INTERVAL_MS, until, () => consumer.commit()),
    repeat(LAG_POLL_INTERVAL_MS, until, () => unassigned.poll()),
  ]);
  try {
    consumer.start();
    await Promise.race([
      aborted(signal),
      consumer.failed,
      monitor.run(LAG_POLL_INTERVAL_MS, until),
      ...settings.CONSUMER_UNTIL_CAUGHT_UP
        ? [
          catchUp(targets, catchUpSources(options, consumer), until).then((is) =>
            is && tell("caught_up", {})
          ),
        ]
        : [],
    ]);
  } catch (error) {
    // A message of ours if there is one; else the fault itself, so that its stack is logged.
    const named = kafkaError("Cannot consume", error, settings);
    throw named.name === "PermanentError" ? named : error;
  } finally {
    over.abort();
    database.onReconnect = undefined;
    await consumer.stop(settings.CONSUMER_SHUTDOWN_TIMEOUT_MS);
    // It may wait for a broker that is away.
    await Promise.race([upkeep, pause(200)]);
  }
}

/** The high watermarks at the start of a bounded run. */
async function waitForTargets(
  { availability, signal, settings }: Context,
  sources: MonitorSources,
): Promise<Target[]> {
  const targets = await retryUntilAvailable("Kafka", availability, signal, async () => {
    try {
      return await fetchTargets(sources);
    } catch (error) {
      throw kafkaError("Cannot read the ends of the topics", error, settings);
    }
  });
  if (targets === undefined) throw new CancelledError("read the ends of the topics");
  return targets;
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
    const unassigned = (await unassignedLag.get()).values;
    tell("summary", {
      stored,
      rejected,
      rate: (stored - before) / seconds,
      lag: behind,
      ...unassigned.length > 0 && { unassigned: sum(unassigned) },
    });
    before = stored;
  }, seconds * 1000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
