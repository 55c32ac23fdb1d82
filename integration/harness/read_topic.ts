import type { KafkaServer } from "../../local/servers/mod.ts";

/** A record of a topic; key and value are escaped, see `escape_bytes.ts`. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  /** Unix milliseconds. */
  readonly timestamp: number;
  /** `name:value` separated by commas, or `NO_HEADERS`. */
  readonly headers: string;
  readonly key: string | null;
  readonly value: string | null;
}

export interface TopicContent {
  readonly topic: string;
  /** Committed records, by partition and offset. */
  readonly records: TopicRecord[];
  /** End offset (high watermark) of each partition. */
  readonly ends: number[];
}

/**
 * How long Kafka's consumer waits for another record, by attempt. It reaches the timeout only if offsets have gaps (transactions,
 * expired records); without gaps the number of records is known.
 */
const READ_TIMEOUTS_MS = [5_000, 20_000, 60_000];

/**
 * Reads the committed records of a topic with Kafka's Java consumer, which shares no code with the services.
 *
 * The console consumer exits 0 after its timeout even if it has read nothing, so that a slow broker looks like an empty topic. The
 * offsets that its group committed show whether it reached the end.
 *
 * @throws {Error} if it did not reach the end, or a tool fails or prints unexpected output
 */
export async function readTopic(kafka: KafkaServer, topic: string): Promise<TopicContent> {
  const ends = await fetchTopicEnds(kafka, topic);
  const recordsMax = ends.reduce((sum, end) => sum + end, 0);
  if (recordsMax === 0) return { topic, records: [], ends };
  let reached = "";
  for (const timeoutMs of READ_TIMEOUTS_MS) {
    const group = `oracle-${crypto.randomUUID()}`;
    const records = await consume(kafka, topic, group, recordsMax, timeoutMs);
    if (records.length < recordsMax) {
      const positions = await positionsOf(kafka, topic, group);
      if (!ends.every((end, partition) => (positions.get(partition) ?? 0) >= end)) {
        reached = ends.map((end, p) => `partition ${p}: ${positions.get(p) ?? "no offset"} of ${end}`).join(
          ", ",
        );
        continue;
      }
    }
    records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    return { topic, records, ends };
  }
  throw new Error(
    `Topic ${topic} could not be read to its end: no record for ${READ_TIMEOUTS_MS.at(-1)} ms at ${reached}`,
  );
}

/** Reads up to `recordsMax` records; fewer after the timeout. The group commits its offsets. */
async function consume(
  kafka: KafkaServer,
  topic: string,
  group: string,
  recordsMax: number,
  timeoutMs: number,
): Promise<TopicRecord[]> {
  const nullLiteral = `null-${crypto.randomUUID()}`;
  const output = await tool(kafka, "kafka-console-consumer", [
    ...["--topic", topic, "--group", group, "--from-beginning", "--isolation-level", "read_committed"],
    ...["--max-messages", `${recordsMax}`, "--timeout-ms", `${timeoutMs}`],
    ...["--command-property", "fetch.max.bytes=20000000"],
    ...[
      "print.timestamp=true",
      "print.partition=true",
      "print.offset=true",
      "print.headers=true",
      "print.key=true",
    ]
      .flatMap((property) => ["--formatter-property", property]),
    ...["key.separator=\t", `headers.deserializer=${BYTES}`]
      .flatMap((property) => ["--formatter-property", property]),
    ...["--formatter-property", `null.literal=${nullLiteral}`],
    ...["--key-deserializer", BYTES, "--value-deserializer", BYTES],
  ], 300_000);
  const records: TopicRecord[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf("\n", at);
    records.push(parse(output.slice(at, end).split("\t"), nullLiteral));
    at = end + 1;
  }
  return records;
}

/** Returns a group's committed offsets by partition. */
async function positionsOf(kafka: KafkaServer, topic: string, group: string): Promise<Map<number, number>> {
  const output = await tool(kafka, "kafka-consumer-groups", ["--describe", "--offsets", "--group", group]);
  const positions = new Map<number, number>();
  for (const line of output.split("\n")) {
    const [, itsTopic, partition, offset] = line.trim().split(/\s+/);
    if (itsTopic === topic && /^\d+$/.test(offset!)) positions.set(Number(partition), Number(offset));
  }
  return positions;
}

/** Returns the end offset of each partition. @throws {Error} if the topic does not exist */
export async function fetchTopicEnds(kafka: KafkaServer, topic: string): Promise<number[]> {
  const output = await tool(kafka, "kafka-get-offsets", ["--topic", topic, "--time", "latest"]);
  const ends: number[] = [];
  for (const line of output.trim().split("\n")) {
    const match = line.match(/:(\d+):(\d+)$/);
    if (!match) throw new Error(`kafka-get-offsets printed for topic ${topic}: ${JSON.stringify(line)}`);
    ends[Number(match[1])] = Number(match[2]);
  }
  return ends;
}

/** Prints bytes losslessly; see `escape_bytes.ts`. */
const BYTES = "org.apache.kafka.common.serialization.BytesDeserializer";

function parse(fields: string[], nullLiteral: string): TopicRecord {
  const [timestamp, partition, offset, headers, key, value] = fields;
  if (fields.length !== 6 || !partition!.startsWith("Partition:") || !offset!.startsWith("Offset:")) {
    throw new Error(`kafka-console-consumer printed ${JSON.stringify(fields.join("\t").slice(0, 200))}`);
  }
  return {
    partition: Number(partition!.slice("Partition:".length)),
    offset: Number(offset!.slice("Offset:".length)),
    // CreateTime:1700000000000
    timestamp: Number(timestamp!.replace(/^.*:/, "")),
    headers: headers!,
    key: key === nullLiteral ? null : key!,
    value: value === nullLiteral ? null : value!,
  };
}

/** Runs a tool and returns its output. */
async function tool(kafka: KafkaServer, name: string, args: string[], timeoutMs = 30_000): Promise<string> {
  const { stdout, stderr, code } = await kafka.tool(name, args, { timeoutMs });
  if (code !== 0) throw new Error(`${name} exited with code ${code}:\n${stderr || stdout}`);
  return stdout;
}
