/**
 * Fills topics with records.
 *
 * @module
 */
import { CompressionTypes } from "kafkajs";
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import { produceClient } from "../../shared/kafka/produce_client.ts";
import { RecordWriter } from "../../shared/kafka/records/record_writer.ts";
import { taskArguments } from "../../local/service_task.ts";
import { startProgram } from "./program.ts";
import { type Bench, createTopic } from "./servers.ts";

export interface FilledTopic {
  /** Value of KAFKA_TOPIC_PREFIX. */
  readonly prefix: string;
  readonly topic: string;
  readonly records: number;
  /** Value of STREAMS, and the stream's table; by default those of `routes`. */
  readonly stream?: string;
  readonly table?: string;
}

/** Fills a new topic by running the producer. */
export async function fill(
  bench: Bench,
  { records, partitions, malformedRatio = 0 }: {
    records: number;
    partitions: number;
    malformedRatio?: number;
  },
): Promise<FilledTopic> {
  const { prefix, topic } = await createTopic(bench, partitions);
  bench.log(`filling a topic of ${partitions} partitions with ${records} records`);
  await startProgram(taskArguments("producer"), {
    ...bench.env,
    KAFKA_TOPIC_PREFIX: prefix,
    PRODUCER_COUNT: String(records),
    PRODUCER_RATE: "0",
    PRODUCER_SEED: "bench",
    PRODUCER_USERS: "1000",
    PRODUCER_MALFORMED_RATIO: String(malformedRatio),
  }).ended;
  return { prefix, topic, records };
}

/** Bytes of all values of a batch of {@link fillValues}. */
const BATCH_BYTES = 500_000;

/** Values of a topic. */
interface Values {
  readonly stream: string;
  readonly table: string;
  readonly records: number;
  readonly partitions: number;
  /** Creates the value of the record with this number. */
  create(record: number): string;
}

/** Fills a new topic with values. */
export async function fillValues(
  bench: Bench,
  { stream, table, records, partitions, create }: Values,
): Promise<FilledTopic> {
  const { prefix, topic } = await createTopic(bench, partitions, stream);
  bench.log(`filling a topic with ${records} records`);
  using cluster = new KafkaCluster(bench.settings, "bench", () => () => {});
  const client = produceClient(cluster);
  const [metadata] = await client.fetchTopics([topic]);
  const identity = await client.initProducerId();
  const sequences = Array.from({ length: partitions }, () => 0);
  const writer = new RecordWriter();
  for (let sent = 0, batch = 0; sent < records; batch++) {
    writer.clear();
    for (let bytes = 0; bytes < BATCH_BYTES && sent < records; sent++) {
      const value = create(sent);
      writer.add(Date.now(), String(sent % 1000), value);
      bytes += value.length;
    }
    const partition = batch % partitions;
    const results = await client.produce(metadata!.partitions[partition]!.leader!, {
      identity,
      topic,
      compression: CompressionTypes.None,
      batches: [{ partition, sequence: sequences[partition]!, records: writer }],
    });
    const error = results.get(partition);
    if (error) throw error;
    sequences[partition]! += writer.count;
  }
  return { prefix, topic, records, stream, table };
}

/** Fills a new topic with valid records. A member that is not part of the stream extends each value to `valueBytes`. */
export const fillWide = (
  bench: Bench,
  { records, partitions, valueBytes }: { records: number; partitions: number; valueBytes: number },
): Promise<FilledTopic> =>
  fillValues(bench, {
    stream: "routes",
    table: "routes_table",
    records,
    partitions,
    create: (n) => wideValue(n % 1000, valueBytes),
  });

/** Returns a record of `bytes` bytes, or without the additional member if that is too few. */
function wideValue(userID: number, bytes: number): string {
  const record = {
    userID,
    timestamp: Date.now() / 1000,
    coordinates: [48.1 + Math.random(), 2 + Math.random()],
  };
  const text = JSON.stringify(record);
  // The member itself, `,"x":""`, takes seven bytes.
  return text.length + 7 > bytes
    ? text
    : `${text.slice(0, -1)},"x":"${"x".repeat(bytes - text.length - 7)}"}`;
}
