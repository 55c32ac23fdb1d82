/**
 * Fills topics with records.
 *
 * @module
 */
import { encodedMessages } from "../../shared/kafka/kafkajs/encoded_messages.ts";
import { RecordWriter } from "../../shared/kafka/records/record_writer.ts";
import { taskArguments } from "../../local/service_task.ts";
import { start } from "./program.ts";
import { type Bench, newTopic } from "./servers.ts";

/** A topic with records in it. */
export interface Filled {
  readonly prefix: string;
  readonly topic: string;
  readonly records: number;
}

/** Fills a new topic with this project's own producer. */
export async function fill(
  bench: Bench,
  { records, partitions, malformedRatio = 0 }: {
    records: number;
    partitions: number;
    malformedRatio?: number;
  },
): Promise<Filled> {
  const { prefix, topic } = await newTopic(bench, partitions);
  bench.say(`filling a topic of ${partitions} partitions with ${records} records`);
  await start(taskArguments("producer"), {
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

/** Records in a batch of {@link fillWide}. */
const BATCH_BYTES = 500_000;

/** Fills a new topic with valid records whose values have a given length, by a field that is no part of the stream. */
export async function fillWide(
  bench: Bench,
  { records, partitions, valueBytes }: { records: number; partitions: number; valueBytes: number },
): Promise<Filled> {
  const { prefix, topic } = await newTopic(bench, partitions);
  bench.say(`filling a topic with ${records} records of ${valueBytes} bytes`);
  const producer = bench.kafka.producer({ idempotent: true, createPartitioner: () => () => 0 });
  await producer.connect();
  try {
    const writer = new RecordWriter();
    const most = Math.max(1, Math.floor(BATCH_BYTES / valueBytes));
    for (let sent = 0, batch = 0; sent < records; batch++) {
      writer.clear();
      for (const end = Math.min(records, sent + most); sent < end; sent++) {
        writer.add(Date.now(), String(sent % 1000), wideValue(sent % 1000, valueBytes));
      }
      await producer.send({
        topic,
        messages: encodedMessages(new Map([[batch % partitions, writer]])),
        acks: -1,
      });
    }
  } finally {
    await producer.disconnect();
  }
  return { prefix, topic, records };
}

function wideValue(userID: number, bytes: number): string {
  const record = {
    userID,
    timestamp: Date.now() / 1000,
    coordinates: [48.1 + Math.random(), 2 + Math.random()],
  };
  const text = JSON.stringify(record);
  // `,"x":""` are seven bytes.
  return text.length + 7 > bytes
    ? text
    : `${text.slice(0, -1)},"x":"${"x".repeat(bytes - text.length - 7)}"}`;
}
