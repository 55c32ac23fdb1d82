import { join } from "node:path";
import { exists } from "../../local/servers/data_folder.ts";
import { unescapeBytes } from "./escape_bytes.ts";
import { PROJECT } from "./project.ts";
import type { TopicRecord } from "./read_topic.ts";

/** Kafka clients for Python that share no code: pure Python, and librdkafka. */
export const PYTHON_CLIENTS = ["kafka-python", "confluent-kafka"] as const;
export type PythonClient = typeof PYTHON_CLIENTS[number];

/** From PyPI. */
const PACKAGES = ["kafka-python==2.2.15", "confluent-kafka==2.16.1"];

/** Installs the packages, once, and returns their folder. @throws {Error} if pip fails */
async function installClients(): Promise<string> {
  const folder = join(PROJECT, ".cache", `python-${PACKAGES.join("-").replaceAll("==", "-")}`);
  if (exists(folder)) return folder;
  const cache = join(PROJECT, ".cache");
  await Deno.mkdir(cache, { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: cache });
  await runPython(["-m", "pip", "install", "--quiet", "--target", temporary, ...PACKAGES], "");
  try {
    await Deno.rename(temporary, folder);
  } catch {
    // Another process has installed them.
    await Deno.remove(temporary, { recursive: true });
  }
  return folder;
}

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
  await runPython([script, client, bootstrapServers, topic], lines.join(""), {
    PYTHONPATH: await installClients(),
  });
}

async function runPython(
  args: readonly string[],
  input: string,
  env: Record<string, string> = {},
): Promise<void> {
  const child = new Deno.Command("python3", {
    args: [...args],
    env: { PYTHONPYCACHEPREFIX: join(PROJECT, ".cache", "python"), ...env },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const [{ success, stderr }] = await Promise.all([
    child.output(),
    new Blob([input]).stream().pipeTo(child.stdin).catch(() => {}),
  ]);
  if (!success) throw new Error(`python3 ${args.join(" ")}:\n${new TextDecoder().decode(stderr)}`);
}
