/**
 * `deno task rejects`: lists rejected records, and replays them.
 *
 * @module
 */
import { EXIT } from "../../shared/errors.ts";
import { waitAtMost } from "../../shared/lifecycle.ts";
import { connectPostgres } from "../../shared/postgres/connection.ts";
import {
  classify,
  isPostgresError,
  permanentStatementError,
  transientStatementError,
} from "../../shared/postgres/errors.ts";
import {
  inspectSession,
  inTransaction,
  TEXT_FORMAT,
  type TransactionStart,
} from "../../shared/postgres/session.ts";
import { CommandOutput } from "../../shared/observe/command_output.ts";
import type { Log } from "../../shared/observe/log.ts";
import { runService } from "../../shared/service.ts";
import { PROGRAMS } from "../../shared/settings/programs.ts";
import type { Settings } from "../../shared/settings/table.ts";
import { loadStreams } from "../../shared/streams.ts";
import { REJECTED_RECORDS } from "../../shared/schema/own_tables.ts";
import { countRejected, listRejected } from "../../shared/schema/rejected_queries.ts";
import { formatCount, formatJson, formatText } from "./format.ts";
import { replay } from "./replay.ts";

await runService({
  name: "rejects",
  groups: PROGRAMS.rejects,
  about:
    "Lists the rejected records of the streams. With --replay, moves those that are valid now into their tables. " +
    "A rejected record exists once for all consumer groups.",
  logTo: "stderr",
  run: runRejects,
});

/**
 * Lists or replays rejected records. A closed standard output ends a list, but not a replay.
 *
 * @returns the exit code
 * @throws {PermanentError} on errors that need operator action
 * @throws {TransientError} if PostgreSQL is unavailable, or the connection breaks
 */
async function runRejects(
  settings: Settings,
  warnings: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<number> {
  for (const text of warnings) log("warn", "settings_warning", text);
  const streams = await loadStreams(
    settings.STREAMS,
    settings.KAFKA_TOPIC_PREFIX,
    settings.STREAMS_DIRECTORY,
  );
  const client = await connectPostgres(settings, {
    applicationName: "rejects",
    onPlaintext: (text) => log("warn", "plaintext", text),
  });
  const output = new CommandOutput();
  const filter = { topics: streams.map(({ topic }) => topic), reason: settings.REJECTS_REASON };
  try {
    if (settings.REJECTS_REPLAY) {
      for (const stream of streams) {
        const { moved, kept } = await explainFailure(
          `Cannot move the rejected records of ${stream.topic} into ${stream.table}`,
          async () => replay(client, await inspectSession(client), stream, settings.REJECTS_REASON, signal),
        );
        await output.print(
          `${stream.topic}: moved ${moved} records into ${stream.table}; ${kept} are still rejected.`,
        );
      }
      return output.exitCode(EXIT.ok);
    }
    const [records, counts] = await explainFailure(`Cannot read ${REJECTED_RECORDS.name}`, async () => {
      const session = await inspectSession(client);
      const start: TransactionStart = {
        session,
        mode: "REPEATABLE READ READ ONLY",
        // The operator waits, and can interrupt.
        settings: { ...TEXT_FORMAT, statement_timeout: 0 },
      };
      return await inTransaction(client, start, async () =>
        [
          await listRejected(client, filter, settings.REJECTS_LIMIT),
          await countRejected(client, filter),
        ] as const);
    });
    if (settings.REJECTS_FORMAT === "json") {
      for (const record of records) await output.print(formatJson(record));
      return output.exitCode(EXIT.ok);
    }
    for (const count of counts) await output.print(formatCount(count));
    if (records.length === 0) await output.print(`No rejected records of ${filter.topics.join(", ")}.`);
    for (const record of records) await output.print(formatText(record));
    return output.exitCode(EXIT.ok);
  } finally {
    // end() may never settle if the connection is broken.
    await waitAtMost(500, client.end().catch(() => {}));
  }
}

/** Runs work on PostgreSQL; its errors get the action, the cause and the remedy. */
async function explainFailure<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isPostgresError(error)) throw error;
    if (classify(error) === "transient") {
      throw transientStatementError(action, error);
    }
    throw permanentStatementError(action, error);
  }
}
