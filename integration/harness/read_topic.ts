import type { KafkaServer } from "../../local/servers/mod.ts";

/** A record as it lies in a topic; key and value as `escaped.ts` writes bytes, null where there is none. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** All of a topic. */
export interface TopicContent {
  readonly topic: string;
  /** Committed records, by partition in the order of their offsets. */
  readonly records: TopicRecord[];
  /** For each partition the offset that the next record would get. */
  readonly ends: number[];
}

/**
 * Milliseconds that Kafka's consumer waits for a further record, attempt by attempt. Only where offsets have gaps (transactions,
 * records that expired) does it wait in vain: without them it is known how many there are.
 */
const PATIENCE_MS = [5_000, 20_000, 60_000];

/**
 * Reads a topic from its beginning, committed records only, with Kafka's own Java consumer: it shares nothing with the
 * services.
 *
 * That consumer ends well when it has waited long enough, whatever it has got: a broker that is slow to answer looks like an
 * empty topic. So what counts is how far its group says that it has come.
 *
 * @throws When it did not come to the ends, or Kafka's tools fail or print what can't be understood.
 */
export async function readTopic(kafka: KafkaServer, topic: string): Promise<TopicContent> {
  const ends = await topicEnds(kafka, topic);
  const most = ends.reduce((sum, end) => sum + end, 0);
  if (most === 0) return { topic, records: [], ends };
  let reached = "";
  for (const patienceMs of PATIENCE_MS) {
    const group = `oracle-${crypto.randomUUID()}`;
    const records = await consume(kafka, topic, group, most, patienceMs);
    if (records.length < most) {
      const positions = await positionsOf(kafka, topic, group);
      if (!ends.every((end, partition) => (positions.get(partition) ?? 0) >= end)) {
        reached = ends.map((end, p) => `partition ${p}: ${positions.get(p) ?? "nothing"} of ${end}`).join(
          ", ",
        );
        continue;
      }
    }
    records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    return { topic, records, ends };
  }
  throw new Error(
    `Topic ${topic} could not be read to its ends, though ${
      PATIENCE_MS.at(-1)
    } ms were waited for a record: ${reached}`,
  );
}

/** At most `most` records from the beginning; fewer when no further one comes in time. The group keeps how far it came. */
async function consume(
  kafka: KafkaServer,
  topic: string,
  group: string,
  most: number,
  patienceMs: number,
): Promise<TopicRecord[]> {
  // Nobody can have sent this as a value.
  const nothing = `null-${crypto.randomUUID()}`;
  const output = await tool(kafka, "kafka-console-consumer", [
    ...["--topic", topic, "--group", group, "--from-beginning", "--isolation-level", "read_committed"],
    ...["--max-messages", `${most}`, "--timeout-ms", `${patienceMs}`],
    ...["--command-property", "fetch.max.bytes=20000000"],
    ...["print.partition=true", "print.offset=true", "print.key=true", "key.separator=\t"]
      .flatMap((property) => ["--formatter-property", property]),
    ...["--formatter-property", `null.literal=${nothing}`],
    ...["--key-deserializer", BYTES, "--value-deserializer", BYTES],
  ], 300_000);
  const records: TopicRecord[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf("\n", at);
    records.push(parse(output.slice(at, end).split("\t"), nothing));
    at = end + 1;
  }
  return records;
}

/** How far a group has come: the offset of the next record, by partition. None where it has read nothing. */
async function positionsOf(kafka: KafkaServer, topic: string, group: string): Promise<Map<number, number>> {
  const output = await tool(kafka, "kafka-consumer-groups", ["--describe", "--offsets", "--group", group]);
  const positions = new Map<number, number>();
  for (const line of output.split("\n")) {
    const [, itsTopic, partition, offset] = line.trim().split(/\s+/);
    if (itsTopic === topic && /^\d+$/.test(offset!)) positions.set(Number(partition), Number(offset));
  }
  return positions;
}

/**
 * For each partition the offset that the next record would get.
 *
 * @throws When there is no such topic.
 */
export async function topicEnds(kafka: KafkaServer, topic: string): Promise<number[]> {
  const output = await tool(kafka, "kafka-get-offsets", ["--topic", topic, "--time", "latest"]);
  const ends: number[] = [];
  for (const line of output.trim().split("\n")) {
    const match = line.match(/:(\d+):(\d+)$/);
    if (!match) throw new Error(`kafka-get-offsets said of topic ${topic}: ${JSON.stringify(line)}`);
    ends[Number(match[1])] = Number(match[2]);
  }
  return ends;
}

/** Prints bytes without losing any; see `escaped.ts`. */
const BYTES = "org.apache.kafka.common.serialization.BytesDeserializer";

function parse(fields: string[], nothing: string): TopicRecord {
  const [partition, offset, key, value] = fields;
  if (fields.length !== 4 || !partition!.startsWith("Partition:") || !offset!.startsWith("Offset:")) {
    throw new Error(`kafka-console-consumer printed ${JSON.stringify(fields.join("\t").slice(0, 200))}`);
  }
  return {
    partition: Number(partition!.slice("Partition:".length)),
    offset: Number(offset!.slice("Offset:".length)),
    key: key === nothing ? null : key!,
    value: value === nothing ? null : value!,
  };
}

/** What a tool prints. */
async function tool(kafka: KafkaServer, name: string, args: string[], timeoutMs = 30_000): Promise<string> {
  const { stdout, stderr, code } = await kafka.tool(name, args, { timeoutMs });
  if (code !== 0) throw new Error(`${name} ended with code ${code}:\n${stderr || stdout}`);
  return stdout;
}
