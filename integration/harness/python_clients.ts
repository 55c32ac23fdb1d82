import { join } from "node:path";
import { unescapeBytes } from "./escape_bytes.ts";
import { installPackages, runPython } from "./python.ts";
import type { TopicRecord } from "./read_topic.ts";

/** Kafka clients for Python that share no code: pure Python, and librdkafka. */
export const PYTHON_CLIENTS = ["kafka-python", "confluent-kafka"] as const;
export type PythonClient = typeof PYTHON_CLIENTS[number];

/** From PyPI. */
const PACKAGES = ["kafka-python==2.2.15", "confluent-kafka==2.16.1"];

/**
 * Sends the keys and values of records with a client for Python. Values that are JSON objects are serialized again as Python does, in
 * several layouts and with additional members; those that are not UTF-8 are left out.
 *
 * @throws {Error} if the client fails
 */
export async function sendWithPython(
  client: PythonClient,
  bootstrapServers: string,
  topic: string,
  records: readonly TopicRecord[],
): Promise<void> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const toJson = (text: string | null) =>
    JSON.stringify(text === null ? null : decoder.decode(unescapeBytes(text)));
  const lines = records.flatMap(({ key, value }) => {
    try {
      return [`${toJson(key)}\t${toJson(value)}\n`];
    } catch {
      return [];
    }
  });
  const script = join(import.meta.dirname!, "foreign_producer.py");
  const args = [script, client, bootstrapServers, topic];
  const { code, stderr } = await runPython(args, lines, await installPackages(PACKAGES));
  if (code !== 0) throw new Error(`python3 ${args.join(" ")}:\n${stderr}`);
}
