/**
 * Finds the streams that `STREAMS` names: each is a file of `streams/`.
 *
 * @module
 */
import { SettingsError } from "./settings/error.ts";
import type { Stream } from "./stream.ts";

/**
 * Loads streams by name, with their topics as they are called on this cluster.
 *
 * @param names names of files in `streams/`, without `.ts`
 * @param topicPrefix put before each topic's name
 * @throws {SettingsError} where there is no such stream, one is named twice, or a topic's name is not legal
 */
export async function loadStreams(names: readonly string[], topicPrefix = ""): Promise<Stream[]> {
  const streams = await Promise.all(names.map(loadStream));
  if (new Set(names).size < names.length) {
    throw new SettingsError([`STREAMS names a stream twice: ${names.join(",")}.`]);
  }
  return streams.map((stream) => ({ ...stream, topic: legalTopic(topicPrefix + stream.topic) }));
}

/** @see Kafka's org.apache.kafka.common.internals.Topic#validate */
function legalTopic(name: string): string {
  if (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== "." && name !== "..") return name;
  throw new SettingsError([
    `KAFKA_TOPIC_PREFIX makes the topic name "${name}", which is not legal: a name has at most 249 letters, digits, ` +
    "dots, underscores and hyphens.",
  ]);
}

async function loadStream(name: string): Promise<Stream> {
  const problem = new SettingsError([
    `STREAMS names "${name}", and there is no such stream: each is a file of shared/streams/, such as routes or battery.`,
  ]);
  if (!/^[a-z][a-z0-9_-]*$/.test(name)) throw problem;
  try {
    // A template that Deno can follow: every file of the folder is part of the program, and none needs to be listed.
    const module: { default: Stream } = await import(`./streams/${name}.ts`);
    return module.default;
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_MODULE_NOT_FOUND") throw problem;
    throw error;
  }
}
