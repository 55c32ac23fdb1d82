/**
 * Loads the streams that `STREAMS` names.
 *
 * @module
 */
import { SettingsError } from "./settings/error.ts";
import type { Stream } from "./stream.ts";

/**
 * Loads streams by name and prefixes their topics.
 *
 * @param names names of files in `streams/`, without `.ts`
 * @throws {SettingsError} if a stream does not exist or is named twice, or a topic name is not legal
 */
export async function loadStreams(names: readonly string[], topicPrefix = ""): Promise<Stream[]> {
  const streams = await Promise.all(names.map(loadStream));
  if (new Set(names).size < names.length) {
    throw new SettingsError([{ cause: `STREAMS names a stream twice: ${names.join(",")}`, remedy: "" }]);
  }
  return streams.map((stream) => ({ ...stream, topic: legalTopic(topicPrefix + stream.topic) }));
}

/** @see Kafka's org.apache.kafka.common.internals.Topic#validate */
function legalTopic(name: string): string {
  if (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== "." && name !== "..") return name;
  throw new SettingsError([{
    cause:
      `KAFKA_TOPIC_PREFIX makes the topic name "${name}", which is not legal: a name has at most 249 letters, digits, ` +
      "dots, underscores and hyphens",
    remedy: "",
  }]);
}

async function loadStream(name: string): Promise<Stream> {
  const problem = new SettingsError([{
    cause: `STREAMS names "${name}", but there is no such stream`,
    remedy: "Each stream is a file of shared/streams/, such as routes or battery.",
  }]);
  if (!/^[a-z][a-z0-9_-]*$/.test(name)) throw problem;
  try {
    // Deno resolves the template to all files of the folder, so that none needs to be listed.
    const module: { default: Stream } = await import(`./streams/${name}.ts`);
    return module.default;
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_MODULE_NOT_FOUND") throw problem;
    throw error;
  }
}
