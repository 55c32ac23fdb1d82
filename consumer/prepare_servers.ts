/**
 * Waits for Kafka and PostgreSQL, and creates the topics and tables that are missing.
 *
 * @module
 */
import type { BoundStream } from "../shared/codec/bound_stream.ts";
import { type KafkaSession, openKafka } from "../shared/kafka/session.ts";
import type { Availability } from "../shared/observe/availability.ts";
import type { Log } from "../shared/observe/log.ts";
import { retryUntilAvailable } from "../shared/retry.ts";
import { bindStreams } from "../shared/schema/bind_streams.ts";
import { ensureDatabase } from "../shared/schema/create_database.ts";
import { ensureTables } from "../shared/schema/ensure_tables.ts";
import { OWN_TABLES } from "../shared/schema/own_tables.ts";
import { ensureReaderRole, READER_ROLE } from "../shared/schema/reader_role.ts";
import { upgradeTables } from "../shared/schema/upgrade_tables.ts";
import type { Settings } from "../shared/settings/table.ts";
import type { Stream } from "../shared/stream.ts";
import type { ConsumerEmit } from "./events.ts";
import { Database, type DatabaseOptions } from "./store/database.ts";
import { assertGroupFits } from "./store/group_encoding.ts";

/** What the parts of the consumer share. */
export interface ConsumerContext {
  readonly settings: Settings;
  readonly streams: readonly Stream[];
  readonly availability: Availability;
  readonly log: Log;
  readonly emit: ConsumerEmit;
  /** Aborted on stop. */
  readonly signal: AbortSignal;
}

/** The database, and the streams with the types of their tables' columns. */
export interface PreparedDatabase {
  readonly database: Database;
  readonly bound: readonly BoundStream[];
}

/**
 * Waits for PostgreSQL, creates the database, tables and role that are missing, and upgrades older tables.
 *
 * @returns `undefined` if the signal aborted first
 * @throws {PermanentError} if a table does not fit its stream, or the account lacks a privilege
 * @throws {CancelledError} if the signal aborts while PostgreSQL is unavailable
 */
export async function prepareDatabase(context: ConsumerContext): Promise<PreparedDatabase | undefined> {
  const { settings, streams, availability, emit, signal } = context;
  const options = databaseOptions(context);
  const created = await retryUntilAvailable(
    "PostgreSQL",
    availability,
    signal,
    () => ensureDatabase(settings, { ...options, signal }),
  );
  if (created === undefined) return undefined;
  if (created) emit("created", { what: `database ${settings.PGDATABASE}` });
  const database = new Database(
    settings,
    options,
    availability,
    signal,
    (count) => emit("stalled_transactions_terminated", { count }),
  );
  await database.run(
    "Cannot use CONSUMER_GROUP_ID",
    (client) => assertGroupFits(client, settings.CONSUMER_GROUP_ID),
  );
  await prepareTables(database, context);
  const bound = await database.run("Cannot read the tables", (client) => bindStreams(client, streams));
  return { database, bound };
}

function databaseOptions({ settings, emit }: ConsumerContext): DatabaseOptions {
  let isPlaintextReported = false;
  return {
    applicationName: settings.CONSUMER_GROUP_ID,
    group: settings.CONSUMER_GROUP_ID,
    statementTimeoutMs: settings.CONSUMER_TRANSACTION_TIMEOUT_MS,
    onPlaintext: (text) => {
      if (!isPlaintextReported) emit("plaintext", { text });
      isPlaintextReported = true;
    },
  };
}

async function prepareTables(
  database: Database,
  { settings, streams, emit }: ConsumerContext,
): Promise<void> {
  const options = { addColumns: settings.CONSUMER_ADD_COLUMNS };
  const created = await database.run(
    "Cannot create the tables",
    (client) => ensureTables(client, streams, options),
  );
  for (const what of created) emit("created", { what });
  const { added, warnings } = await database.run(
    "Cannot upgrade the tables",
    (client) => upgradeTables(client),
  );
  for (const what of added) emit("created", { what });
  for (const text of warnings) emit("table_warning", { text });
  const readable = [...streams.map(({ table }) => table), ...OWN_TABLES.map(({ name }) => name)];
  const reader = await database.run(
    `Cannot create the role ${READER_ROLE}`,
    (client) => ensureReaderRole(client, readable),
  );
  if (reader) emit("created", { what: `role ${READER_ROLE}, which may only read the tables` });
}

/**
 * Waits for Kafka and creates the topics that are missing.
 *
 * @returns `undefined` if the signal aborted first
 * @throws {PermanentError} if Kafka rejects the credentials or the creation of a topic
 */
export async function prepareKafka(context: ConsumerContext): Promise<KafkaSession | undefined> {
  const { settings, streams, availability, log, emit, signal } = context;
  const session = await retryUntilAvailable("Kafka", availability, signal, () =>
    openKafka(settings, {
      clientId: "consumer",
      topics: streams.map(({ topic }) => topic),
      log,
      onConnectionError: (error) => availability.down("Kafka", error, error.kind),
    }));
  for (const topic of session?.created ?? []) emit("created", { what: `topic ${topic}` });
  return session;
}
