/**
 * `deno task progress`: shows the progress of consumer groups, and changes that of one group.
 *
 * @module
 */
import type pg from "pg";
import { EXIT, PermanentError, TransientError } from "../../shared/errors.ts";
import type { KafkaCluster } from "../../shared/kafka/cluster.ts";
import { kafkaError } from "../../shared/kafka/errors.ts";
import { fetchTopics, type TopicMetadata } from "../../shared/kafka/metadata.ts";
import { openKafka } from "../../shared/kafka/session.ts";
import { fetchOffsetsAt } from "../../shared/kafka/watermarks.ts";
import { CommandOutput } from "../../shared/observe/command_output.ts";
import type { Log } from "../../shared/observe/log.ts";
import { connectPostgres, endSession } from "../../shared/postgres/connection.ts";
import { explainFailure } from "../../shared/postgres/explain_failure.ts";
import { inspectSession, inTransaction, TEXT_FORMAT } from "../../shared/postgres/session.ts";
import { partitionKey } from "../../shared/schema/progress.ts";
import { runService } from "../../shared/service.ts";
import { PROGRAMS } from "../../shared/settings/programs.ts";
import type { Settings } from "../../shared/settings/table.ts";
import { loadSelectedStreams } from "../../shared/streams.ts";
import { applySeek } from "./apply_seek.ts";
import { formatGroup } from "./format_group.ts";
import {
  describeSeek,
  parseSeekTarget,
  type PartitionState,
  planSeek,
  type SeekTarget,
} from "./plan_seek.ts";
import { readGroup, readGroupNames } from "./read_groups.ts";

await runService({
  name: "progress",
  groups: PROGRAMS.progress,
  about:
    "Shows next offset, lag and owner of each partition, for all groups with progress in the streams' topics. " +
    "With --seek, reports what another position of the group (--group-id) would store again or skip; " +
    "--yes changes the progress. The consumers of the group must be stopped.",
  logTo: "stderr",
  run: runProgress,
});

/** What the commands use. */
interface Servers {
  readonly client: pg.Client;
  readonly cluster: KafkaCluster;
  readonly metadata: readonly TopicMetadata[];
  readonly output: CommandOutput;
}

/**
 * @returns the exit code
 * @throws {PermanentError} on errors that need operator action
 * @throws {TransientError} if a server is unavailable
 */
async function runProgress(settings: Settings, warnings: readonly string[], log: Log): Promise<number> {
  for (const text of warnings) log("warn", "settings_warning", text);
  const target = settings.PROGRESS_SEEK === "" ? undefined : parseSeekTarget(settings.PROGRESS_SEEK);
  const streams = await loadSelectedStreams(settings);
  const topics = [...new Set(streams.map(({ topic }) => topic))];
  using session = await openKafka(settings, {
    clientId: "progress",
    topics: [],
    log,
    onConnectionError: () => {},
  });
  const { cluster } = session;
  const client = await connectPostgres(settings, {
    applicationName: "progress",
    onPlaintext: (text) => log("warn", "plaintext", text),
  });
  const output = new CommandOutput();
  try {
    const metadata = await fetchTopics(cluster, topics);
    const servers = { client, cluster, metadata, output };
    const result = await inTransactionOf(
      client,
      () => target === undefined ? show(servers, settings, topics) : seek(servers, settings, target),
    );
    // After the commit.
    if (result !== undefined) await output.print(result);
    return output.exitCode(EXIT.ok);
  } catch (error) {
    if (!(error instanceof Error && error.name.startsWith("KafkaJS"))) throw error;
    throw kafkaError("Cannot read the state of the group", error, settings);
  } finally {
    await endSession(client);
  }
}

async function inTransactionOf(
  client: pg.Client,
  work: () => Promise<string | void>,
): Promise<string | void> {
  return await explainFailure("Cannot access consumer_progress", async () => {
    const session = await inspectSession(client);
    return await inTransaction(client, { session, settings: TEXT_FORMAT }, work);
  });
}

async function show({ client, cluster, metadata, output }: Servers, settings: Settings, topics: string[]) {
  const groups = await readGroupNames(client, topics);
  if (groups.length === 0) await output.print(`No group has stored progress of ${topics.join(", ")}.`);
  for (const group of new Set([...groups, settings.CONSUMER_GROUP_ID])) {
    await output.print(formatGroup(await readGroup(client, cluster, metadata, group)));
  }
}

/** @returns the result of the command */
async function seek(
  { client, cluster, metadata, output }: Servers,
  settings: Settings,
  target: SeekTarget,
): Promise<string> {
  const group = settings.CONSUMER_GROUP_ID;
  const { members, partitions } = await readGroup(client, cluster, metadata, group);
  if (members.length > 0) {
    throw new PermanentError({
      action: "Cannot change the progress",
      code: "PROGRESS_GROUP_ACTIVE",
      cause: `consumers of the group ${group} are running: ${
        members.map(({ id, host }) => `${id} (${host})`).join(", ")
      }`,
      remedy: "Stop them first. A killed consumer stays in the group until its session timeout.",
    });
  }
  assertComplete(metadata, partitions);
  const offsetsAt = target.kind === "time" ? await fetchOffsetsAt(cluster, metadata, target.ms) : new Map();
  const selected = settings.PROGRESS_PARTITIONS.map(Number);
  const seeks = planSeek(group, partitions, target, selected, offsetsAt);
  for (const each of seeks) await output.print(describeSeek(each));
  if (seeks.some(({ from, to }) => to < from)) {
    await output.print(
      "Rows that are stored again are duplicates, unless the stream upserts or the table's rows are deleted before.",
    );
  }
  if (!settings.PROGRESS_YES) return "Nothing was changed. Add --yes to change the progress.";
  await applySeek(client, group, seeks);
  return `Changed the progress of ${seeks.length} partitions of the group ${group}.`;
}

/** @throws {TransientError} if a partition has no leader, so that its offsets are unknown */
function assertComplete(metadata: readonly TopicMetadata[], states: readonly PartitionState[]): void {
  const known = new Set(states.map(partitionKey));
  const missing = metadata.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partition }) => partitionKey({ topic, partition })).filter((name) => !known.has(name))
  );
  if (missing.length === 0) return;
  throw new TransientError({
    action: "Cannot change the progress",
    code: "PROGRESS_NO_LEADER",
    cause: `${missing.join(", ")} have no leader`,
    remedy: "Try again when all brokers are available.",
  }, "partition");
}
