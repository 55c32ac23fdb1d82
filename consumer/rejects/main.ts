/**
 * `deno task rejects`: lists, replays and deletes rejected records.
 *
 * @module
 */
import { EXIT } from "../../shared/errors.ts";
import { connectPostgres, endSession } from "../../shared/postgres/connection.ts";
import { explainFailure } from "../../shared/postgres/explain_failure.ts";
import { inspectSession } from "../../shared/postgres/session.ts";
import { CommandOutput } from "../../shared/observe/command_output.ts";
import type { Log } from "../../shared/observe/log.ts";
import { runService } from "../../shared/service.ts";
import { PROGRAMS } from "../../shared/settings/programs.ts";
import type { Settings } from "../../shared/settings/table.ts";
import { loadSelectedStreams } from "../../shared/streams.ts";
import { REJECTED_RECORDS } from "../../shared/schema/own_tables.ts";
import { formatReplayed } from "./format.ts";
import { replay } from "./replay.ts";
import { checkReason, list, purge } from "./select.ts";

await runService({
  name: "rejects",
  groups: PROGRAMS.rejects,
  about:
    "Lists the rejected records of the streams. With --replay, moves those that are valid now into their tables; " +
    "with --delete, deletes old ones. " +
    "A rejected record exists once for all consumer groups.",
  logTo: "stderr",
  run: runRejects,
});

/**
 * Lists, replays or deletes rejected records. A closed standard output ends a list, but not a replay.
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
  const streams = await loadSelectedStreams(settings);
  const client = await connectPostgres(settings, {
    applicationName: "rejects",
    onPlaintext: (text) => log("warn", "plaintext", text),
  });
  const output = new CommandOutput();
  const filter = {
    topics: streams.map(({ topic }) => topic),
    reason: settings.REJECTS_REASON,
    olderThanSeconds: settings.REJECTS_OLDER_THAN,
  };
  try {
    await explainFailure(`Cannot read ${REJECTED_RECORDS.name}`, () => checkReason(client, filter));
    if (settings.REJECTS_REPLAY) {
      const options = { reason: settings.REJECTS_REASON, restore: settings.REJECTS_RESTORE };
      for (const stream of streams) {
        const replayed = await explainFailure(
          `Cannot move the rejected records of ${stream.topic} into ${stream.table}`,
          async () => replay(client, await inspectSession(client), stream, options, signal),
        );
        await output.print(formatReplayed(stream, replayed));
      }
    } else if (settings.REJECTS_DELETE) {
      await explainFailure(
        `Cannot delete from ${REJECTED_RECORDS.name}`,
        () => purge(client, filter, output),
      );
    } else {
      await explainFailure(
        `Cannot read ${REJECTED_RECORDS.name}`,
        () => list(client, filter, settings, output, log),
      );
    }
    return output.exitCode(EXIT.ok);
  } finally {
    await endSession(client);
  }
}
