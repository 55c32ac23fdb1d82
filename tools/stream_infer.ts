/**
 * `deno task stream:infer`: writes a stream file from the first records of a topic.
 *
 * @module
 */
import { EXIT, PermanentError } from "../shared/errors.ts";
import { escapeUnprintable } from "../shared/escape.ts";
import { CommandOutput } from "../shared/observe/command_output.ts";
import { runService } from "../shared/service.ts";
import { readProblem, SettingsError } from "../shared/settings/error.ts";
import { PROGRAMS } from "../shared/settings/programs.ts";
import { readStreamFile } from "../shared/stream_files/read_stream_file.ts";
import { NAME_BYTES_MAX } from "../shared/stream_files/table_name.ts";
import { streamFilePath } from "../shared/streams.ts";
import { readTopic } from "./read_topic.ts";
import { type InferredFile, TopicValues } from "./topic_values.ts";

/** A name for the stream of a topic. */
export const streamName = (topic: string): string =>
  topic.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, "-").replace(/^[^a-z]+/, "") || "stream";

/** The stream of a topic: its name, the text of its file, which has no mistakes, and the list of conflicts. */
export function streamFile(
  topic: string,
  prefix: string,
  { file, conflicts }: InferredFile,
): { name: string; text: string; conflicts: readonly string[] } {
  const own = topic.startsWith(prefix) ? topic.slice(prefix.length) : topic;
  const name = streamName(own);
  const text = JSON.stringify(
    {
      $schema: "../stream.schema.json",
      about: `records of the topic ${own}`,
      topic: own,
      table: `${name.replaceAll("-", "_")}_table`.slice(-NAME_BYTES_MAX).replace(/^[^a-z]+/, ""),
      ...file,
    },
    null,
    2,
  );
  // A mistake would be a bug of the inference.
  readStreamFile(name, text, `${name}.json`);
  return { name, text: `${text}\n`, conflicts };
}

async function writeNew(path: string, shown: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new SettingsError([{ cause: `${shown} exists already`, remedy: "Rename or delete it." }]);
    }
    throw new SettingsError([readProblem(`Cannot write ${shown}`, error, path)]);
  }
}

// At the end, because it waits for the service while the rest of the module would not be initialized.
if (import.meta.main) {
  await runService({
    name: "stream:infer",
    operand: "TOPIC",
    groups: PROGRAMS.tools,
    about:
      "Reads the first records of a topic and writes a stream file with the inferred schema and columns. " +
      "It is a start: the records cannot show what others may contain.",
    logTo: "stderr",
    run: async (settings, _warnings, log, _signal, topic) => {
      if (topic === undefined) {
        const cause = "no topic is given", remedy = "Write deno task stream:infer TOPIC.";
        throw new PermanentError({ code: "ARGUMENT_MISSING", cause, remedy });
      }
      const values = new TopicValues();
      const count = await readTopic(
        settings,
        topic,
        settings.TOOLS_RECORDS,
        log,
        (record) => values.add(record),
      );
      const { name, text, conflicts } = streamFile(topic, settings.KAFKA_TOPIC_PREFIX, values.infer());
      const path = streamFilePath(name, settings.STREAMS_DIRECTORY);
      await writeNew(path.absolute, path.shown, text);
      const output = new CommandOutput();
      await output.print(`Read ${count} records of ${topic} and wrote ${path.shown}.`);
      for (const conflict of conflicts) await output.print(`  ${escapeUnprintable(conflict)}`);
      await output.print(`Check it: deno task stream:check ${path.shown}`);
      return output.exitCode(EXIT.ok);
    },
  });
}
