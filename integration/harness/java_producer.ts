/**
 * Kafka's Java producer, run by Kafka's command-line tools, so that no Java compiler is needed.
 *
 * @module
 */
import { type KafkaServer, TOOL_FILE } from "../../local/servers/mod.ts";
import { waitUntil } from "./wait.ts";

/** A record for the console producer: no tab in the key, no line feed anywhere. */
export interface LineRecord {
  key: string | null;
  value: string | null;
  /** Names and values contain no comma or colon. */
  headers?: Record<string, string>;
}

/** Kafka's compression types. */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/**
 * Sends records with Kafka's Java producer.
 *
 * @throws {Error} if the tool fails
 */
export async function sendWithJava(
  kafka: KafkaServer,
  topic: string,
  records: readonly LineRecord[],
  compression: Compression = "none",
): Promise<void> {
  const nullMarker = `null-${crypto.randomUUID()}`;
  const lines = records.map(({ key, value, headers }) => {
    const pairs = Object.entries(headers ?? {}).map(([name, value]) => `${name}:${value}`).join(",");
    return `${pairs || nullMarker}\t${key ?? nullMarker}\t${value ?? nullMarker}\n`;
  });
  const { code, stderr } = await kafka.tool("kafka-console-producer", [
    ...["--topic", topic, "--compression-codec", compression, "--batch-size", "100000"],
    ...["parse.key=true", "parse.headers=true", `null.marker=${nullMarker}`]
      .flatMap((property) => ["--reader-property", property]),
  ], { stdin: lines.join(""), timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`kafka-console-producer exited with code ${code}:\n${stderr}`);
}

/** What a transactional Java producer sends. */
export interface JavaTransactions {
  id: string;
  topic: string;
  /** Each record has one of these values, chosen at random, and no key. */
  values: readonly string[];
}

/**
 * Sends records with Kafka's Java producer in committed transactions of 200 ms each.
 *
 * @throws {Error} if the tool fails
 */
export async function sendTransactionsWithJava(
  kafka: KafkaServer,
  { id, topic, values }: JavaTransactions,
  count: number,
): Promise<void> {
  const { code, stderr } = await kafka.tool("kafka-producer-perf-test", [
    ...["--topic", topic, "--num-records", `${count}`, "--throughput", "1000", "--payload-file", TOOL_FILE],
    ...["--transactional-id", id, "--transaction-duration-ms", "200"],
  ], { file: values.join("\n"), timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`kafka-producer-perf-test exited with code ${code}:\n${stderr}`);
}

/**
 * Starts a transaction with Kafka's Java producer and kills the producer, so that the transaction stays open.
 *
 * @param partitions number of partitions that the transaction must include
 */
export async function leaveTransactionOpen(
  kafka: KafkaServer,
  { id, topic, values }: JavaTransactions,
  partitions: number,
): Promise<void> {
  const killer = new AbortController();
  const exited = kafka.tool("kafka-producer-perf-test", [
    ...["--topic", topic, "--num-records", "1000000", "--throughput", "1000", "--payload-file", TOOL_FILE],
    ...["--transactional-id", id, "--transaction-duration-ms", "600000"],
    ...["--command-property", "transaction.timeout.ms=600000", "batch.size=4096"],
  ], { file: values.join("\n"), timeoutMs: 120_000, signal: killer.signal });
  try {
    await waitUntil(`transaction ${id} to be open in ${partitions} partitions`, async () => {
      const { stdout } = await kafka.tool("kafka-transactions", ["describe", "--transactional-id", id]);
      const open = new Set(stdout.match(new RegExp(`${topic}-\\d+`, "g")));
      return /\bOngoing\b/.test(stdout) && open.size === partitions;
    });
  } finally {
    killer.abort();
    await exited;
  }
}

/**
 * Aborts a producer's open transaction.
 *
 * @throws {Error} if the tool fails
 */
export async function abortTransaction(kafka: KafkaServer, id: string): Promise<void> {
  const { code, stderr, stdout } = await kafka.tool("kafka-transactions", [
    ...["forceTerminateTransaction", "--transactionalId", id],
  ]);
  if (code !== 0) throw new Error(`kafka-transactions exited with code ${code}:\n${stderr}${stdout}`);
}
