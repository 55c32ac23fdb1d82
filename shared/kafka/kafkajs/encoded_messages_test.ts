import { Buffer } from "node:buffer";
import assert from "assert";
import * as fc from "fast-check";
import { CompressionTypes } from "kafkajs";
import groupMessagesPerPartition from "kafkajs/src/producer/groupMessagesPerPartition.js";
import { versions } from "kafkajs/src/protocol/requests/produce/index.js";
import { protocol } from "kafkajs/src/protocol/requests/produce/index.js";
import { registerCodecs } from "../records/codecs.ts";
import { encodedMessages } from "./encoded_messages.ts";
import { RecordWriter } from "../records/record_writer.ts";

registerCodecs();

/** A Produce request's bytes as kafkajs makes them. */
async function produceRequest(
  messages: unknown,
  partitions: Readonly<Record<number, number>>,
  compression: number,
): Promise<Buffer> {
  const partitionMetadata = [{ partitionId: 0 }, { partitionId: 1 }, { partitionId: 2 }, { partitionId: 3 }];
  const grouped = groupMessagesPerPartition({
    topic: "t",
    messages,
    partitionMetadata,
    partitioner: ({ message }: { message: { partition: number } }) => message.partition,
  });
  const lengths = Object.entries(grouped).map((
    [partition, messages],
  ) => [partition, (messages as unknown[]).length]);
  assert.deepEqual(Object.fromEntries(lengths), partitions);
  const { request } = protocol({ version: Math.max(...versions.map(Number)) })({
    acks: -1,
    timeout: 30_000,
    producerId: "4711",
    producerEpoch: 3,
    compression,
    topicData: [{
      topic: "t",
      partitions: Object.keys(partitions).map((partition) => ({
        partition: Number(partition),
        firstSequence: 77,
        messages: grouped[partition],
      })),
    }],
  });
  return (await request.encode()).buffer;
}

const record = fc.record({
  timestamp: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  key: fc.option(fc.string()),
  value: fc.option(fc.string({ unit: "binary" })),
});
/** Times go on, as a clock does: kafkajs takes the least for the first, and we the first for the first. */
const records = fc.array(record, { minLength: 1, maxLength: 100 }).map((list) =>
  list.sort((a, b) => a.timestamp - b.timestamp)
);

interface Written {
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** Records in a writer. */
function written(records: readonly Written[]): RecordWriter {
  const writer = new RecordWriter();
  for (const { timestamp, key, value } of records) writer.add(timestamp, key, value);
  return writer;
}

for (const [name, compression] of Object.entries(CompressionTypes)) {
  Deno.test(`encodedMessages() become the request that kafkajs makes of the same messages, compression ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(3), { minLength: 1 }),
        fc.array(records, { minLength: 4, maxLength: 4 }),
        async (partitions, records) => {
          const messages = partitions.flatMap((partition) =>
            records[partition]!.map(({ timestamp, key, value }) => ({
              partition,
              timestamp: String(timestamp),
              key,
              value: value === null ? null : Buffer.from(value),
            }))
          );
          const encoded = encodedMessages(
            new Map(partitions.map((partition) => [partition, written(records[partition]!)])),
          );
          const lengths = Object.fromEntries(
            partitions.map((partition) => [partition, records[partition]!.length]),
          );
          assert.deepEqual(
            await produceRequest(encoded, lengths, compression as number),
            await produceRequest(messages, lengths, compression as number),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
}

Deno.test("encodedMessages() throw when kafkajs maps its messages to something else", () => {
  const grouped = groupMessagesPerPartition({
    topic: "t",
    messages: encodedMessages(new Map([[0, written([{ timestamp: 1, key: null, value: null }])]])),
    partitionMetadata: [{ partitionId: 0 }],
    partitioner: () => 0,
  });
  assert.throws(() => grouped[0].map(({ key }: { key: unknown }) => key), TypeError);
});
