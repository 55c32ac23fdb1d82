/**
 * `deno task rejects`: lists the records in quarantine, and sends them through again after a fix.
 *
 * @module
 */
import { connectPostgres } from "../shared/postgres/connection.ts";
import type { Log } from "../shared/observe/log.ts";
import { runService } from "../shared/service.ts";
import type { Settings } from "../shared/settings/table.ts";
import { loadStreams } from "../shared/streams.ts";
import { countRejects, formatJson, formatText, listRejects } from "./list_rejects.ts";
import { replay } from "./replay.ts";

await runService({
  name: "rejects",
  groups: ["postgresql", "streams", "rejects", "log"],
  about:
    "Lists the rejected records of the streams. With --replay, moves those that are valid by now into their tables, each once.",
  run: runRejects,
});

async function runRejects(
  settings: Settings,
  _warnings: readonly string[],
  _log: Log,
  signal: AbortSignal,
): Promise<void> {
  const streams = await loadStreams(settings.STREAMS, settings.KAFKA_TOPIC_PREFIX);
  const client = await connectPostgres(settings, { applicationName: "rejects" });
  const filter = { topics: streams.map(({ topic }) => topic), reason: settings.REJECTS_REASON };
  try {
    if (settings.REJECTS_REPLAY) {
      for (const stream of streams) {
        const { moved, kept } = await replay(client, stream, settings.REJECTS_REASON, signal);
        console.log(
          `${stream.topic}: moved ${moved} records into ${stream.table}; ${kept} stay in quarantine.`,
        );
      }
      return;
    }
    const records = await listRejects(client, filter, settings.REJECTS_LIMIT);
    if (settings.REJECTS_FORMAT === "json") {
      return records.forEach((record) => console.log(formatJson(record)));
    }
    for (const { topic, reason, count } of await countRejects(client, filter)) {
      console.log(`${topic}: ${count} × ${reason}`);
    }
    if (records.length === 0) console.log(`No rejected records of ${filter.topics.join(", ")}.`);
    records.forEach((record) => console.log(formatText(record)));
  } finally {
    await client.end();
  }
}
