/**
 * Runs the consumer: waits for the servers, creates missing tables and topics, and consumes until stopped.
 *
 * @module
 */
import { kafkaError } from "../shared/kafka/errors.ts";
import { GroupCoordinator } from "../shared/kafka/group/coordinator.ts";
import { fetchOwners } from "../shared/kafka/group/owners.ts";
import type { KafkaSession } from "../shared/kafka/session.ts";
import { aborted, pause, waitAtMost } from "../shared/lifecycle.ts";
import { Availability } from "../shared/observe/availability.ts";
import { createEmitter } from "../shared/observe/events.ts";
import { serveProbes } from "../shared/observe/http.ts";
import type { Log } from "../shared/observe/log.ts";
import type { Settings } from "../shared/settings/table.ts";
import { loadSelectedStreams } from "../shared/streams.ts";
import { bindStreams } from "../shared/schema/bind_streams.ts";
import { REJECTED_RECORDS } from "../shared/schema/own_tables.ts";
import { hasAddedColumns } from "../shared/schema/upgrade_tables.ts";
import { catchUp, waitForTargets } from "./catch_up.ts";
import { EVENTS } from "./events.ts";
import { GroupConsumer } from "./group_consumer.ts";
import { LagReporter } from "./lag_reporter.ts";
import { registry } from "./metrics.ts";
import { PartitionMonitor } from "./partition_monitor.ts";
import {
  type ConsumerContext,
  prepareDatabase,
  type PreparedDatabase,
  prepareKafka,
} from "./prepare_servers.ts";
import { catchUpSources, monitorSources, type SourceOptions } from "./sources.ts";
import { CancelledError } from "./store/database.ts";
import { readTotals, startSummary } from "./summary.ts";
import { UnassignedLagReporter } from "./unassigned_lag_reporter.ts";

/** Interval of polling watermarks and the stored progress. */
const LAG_POLL_INTERVAL_MS = 2_000;
/** Interval of committing offsets to Kafka. */
const COMMIT_INTERVAL_MS = 2_000;
/** How long the end of a run waits for a poll or commit that has begun; a broker may be unavailable. */
const UPKEEP_TIMEOUT_MS = 200;

/**
 * Consumes until `signal` aborts or, in a bounded run, the group has caught up.
 *
 * @throws {PermanentError} if an operator has to act; {@link SettingsError} if it concerns a setting
 * @throws {Error} on a bug; the process should end and be restarted
 */
export async function runConsumer(
  settings: Settings,
  warnings: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const emit = createEmitter(EVENTS, log);
  for (const text of warnings) emit("settings_warning", { text });
  const streams = await loadSelectedStreams(settings);
  const availability = new Availability("consumer", ["Kafka", "PostgreSQL"], log, registry);
  const context: ConsumerContext = { settings, streams, availability, log, emit, signal };
  await using _probes = serveProbes(settings, { problems: () => availability.problems(), registry });
  emit("started", {
    group: settings.CONSUMER_GROUP_ID,
    streams: streams.map(({ name }) => name),
    brokers: settings.KAFKA_BOOTSTRAP_SERVERS,
    database: `${settings.PGHOST}:${settings.PGPORT}/${settings.PGDATABASE}`,
  });
  using _summary = startSummary(settings.LOG_SUMMARY_SECONDS, emit);

  try {
    const [prepared, session] = await Promise.all([prepareDatabase(context), prepareKafka(context)]);
    if (prepared && session) {
      await using _database = prepared.database;
      await using _session = session;
      await consume(context, prepared, session);
    }
  } catch (error) {
    // Stopped while a server was unavailable.
    if (!(error instanceof CancelledError)) throw error;
  }
  emit("stopped", await readTotals());
}

async function consume(
  context: ConsumerContext,
  { database, bound }: PreparedDatabase,
  kafka: KafkaSession,
): Promise<void> {
  const { settings, streams, availability, emit, signal } = context;
  const group = settings.CONSUMER_GROUP_ID, isBounded = settings.CONSUMER_UNTIL_CAUGHT_UP;
  const topics = streams.map(({ topic }) => topic);
  const options: SourceOptions = { cluster: kafka.cluster, database, group, topics };
  const sources = monitorSources(options);
  const targets = isBounded ? await waitForTargets(sources, context) : [];
  const consumer = new GroupConsumer({ kafka, database, streams: bound, settings, availability, emit });
  const monitor = new PartitionMonitor(group, consumer, sources, new LagReporter(emit), emit);
  const coordinator = new GroupCoordinator(kafka.cluster, group);
  const owners = () => fetchOwners(coordinator);
  const unassigned = new UnassignedLagReporter({ ...sources, owners }, emit);
  database.onReconnect = () => monitor.wake();
  database.verify = async (client) =>
    consumer.bind(await bindStreams(client, streams), await hasAddedColumns(client, REJECTED_RECORDS));
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  const upkeep = Promise.all([
    repeat(COMMIT_INTERVAL_MS, until, () => consumer.commit()),
    repeat(LAG_POLL_INTERVAL_MS, until, () => unassigned.poll()),
  ]);
  const untilCaughtUp = async () => {
    if (await catchUp(targets, catchUpSources(options, consumer), until)) emit("caught_up", {});
  };
  try {
    consumer.start();
    await Promise.race([
      aborted(signal),
      consumer.failed,
      monitor.run(LAG_POLL_INTERVAL_MS, until),
      ...isBounded ? [untilCaughtUp()] : [],
    ]);
  } catch (error) {
    // Only an error that an operator can solve is replaced: of a bug the stack is logged.
    const named = kafkaError("Cannot consume", error, settings);
    throw named.name === "PermanentError" ? named : error;
  } finally {
    ended.abort();
    database.onReconnect = database.verify = undefined;
    await consumer.stop(settings.CONSUMER_SHUTDOWN_TIMEOUT_MS);
    await waitAtMost(UPKEEP_TIMEOUT_MS, upkeep);
  }
}

/** Calls `work` at each interval until `signal` aborts. Never rejects. */
async function repeat(intervalMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await pause(intervalMs, signal);
    if (!signal.aborted) await work().catch(() => {});
  }
}
