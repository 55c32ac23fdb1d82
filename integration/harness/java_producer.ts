/**
 * Kafka's own Java producer, by way of the tools that come with every Kafka: a Java that compiles is not needed.
 *
 * @module
 */
import { type KafkaServer, TOOL_FILE } from "../../local/servers/mod.ts";
import { waitUntil } from "./wait.ts";

/** A record as a line of text can say it: no tab in the key, no line feed anywhere. */
export interface LineRecord {
  key: string | null;
  value: string | null;
  /** Names and values without comma and colon. */
  headers?: Record<string, string>;
}

/** Compressions that Kafka knows. */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/**
 * Sends records with Kafka's Java producer.
 *
 * @throws When it fails.
 */
export async function sendWithJava(
  kafka: KafkaServer,
  topic: string,
  records: readonly LineRecord[],
  compression: Compression = "none",
): Promise<void> {
  const nothing = `null-${crypto.randomUUID()}`;
  const lines = records.map(({ key, value, headers }) => {
    const pairs = Object.entries(headers ?? {}).map(([name, value]) => `${name}:${value}`).join(",");
    return `${pairs || nothing}\t${key ?? nothing}\t${value ?? nothing}\n`;
  });
  const { code, stderr } = await kafka.tool("kafka-console-producer", [
    ...["--topic", topic, "--compression-codec", compression, "--batch-size", "100000"],
    ...["parse.key=true", "parse.headers=true", `null.marker=${nothing}`]
      .flatMap((property) => ["--reader-property", property]),
  ], { stdin: lines.join(""), timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`kafka-console-producer ended with code ${code}:\n${stderr}`);
}

/** What a transactional producer of Kafka's is to send. */
export interface JavaTransactions {
  id: string;
  topic: string;
  /** What is sent: one of them after another, taken at random, without a key. */
  values: readonly string[];
}

/**
 * Sends records with Kafka's Java producer, in transactions of a fifth of a second, each committed.
 *
 * @throws When it fails.
 */
export async function commitWithJava(
  kafka: KafkaServer,
  { id, topic, values }: JavaTransactions,
  count: number,
): Promise<void> {
  const { code, stderr } = await kafka.tool("kafka-producer-perf-test", [
    ...["--topic", topic, "--num-records", `${count}`, "--throughput", "1000", "--payload-file", TOOL_FILE],
    ...["--transactional-id", id, "--transaction-duration-ms", "200"],
  ], { file: values.join("\n"), timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`kafka-producer-perf-test ended with code ${code}:\n${stderr}`);
}

/**
 * Sends records with Kafka's Java producer, and kills it in mid-transaction, which is then open for good.
 *
 * @param partitions How many partitions of the topic it must be open in.
 */
export async function dieInTransaction(
  kafka: KafkaServer,
  { id, topic, values }: JavaTransactions,
  partitions: number,
): Promise<void> {
  const death = new AbortController();
  const dying = kafka.tool("kafka-producer-perf-test", [
    ...["--topic", topic, "--num-records", "1000000", "--throughput", "1000", "--payload-file", TOOL_FILE],
    ...["--transactional-id", id, "--transaction-duration-ms", "600000"],
    ...["--command-property", "transaction.timeout.ms=600000", "batch.size=4096"],
  ], { file: values.join("\n"), timeoutMs: 120_000, signal: death.signal });
  try {
    await waitUntil(`transaction ${id} to be open in ${partitions} partitions`, async () => {
      const { stdout } = await kafka.tool("kafka-transactions", ["describe", "--transactional-id", id]);
      const open = new Set(stdout.match(new RegExp(`${topic}-\\d+`, "g")));
      return /\bOngoing\b/.test(stdout) && open.size === partitions;
    });
  } finally {
    death.abort();
    await dying;
  }
}

/**
 * Has Kafka abort a producer's open transaction.
 *
 * @throws When it does not.
 */
export async function abortTransaction(kafka: KafkaServer, id: string): Promise<void> {
  const { code, stderr, stdout } = await kafka.tool("kafka-transactions", [
    ...["forceTerminateTransaction", "--transactionalId", id],
  ]);
  if (code !== 0) throw new Error(`kafka-transactions ended with code ${code}:\n${stderr}${stdout}`);
}
