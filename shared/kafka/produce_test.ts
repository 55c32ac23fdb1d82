import { Buffer } from "node:buffer";
import assert from "assert";
import * as fc from "fast-check";
import { CompressionTypes } from "kafkajs";
import groupMessagesPerPartition from "kafkajs/src/producer/groupMessagesPerPartition.js";
import { versions } from "kafkajs/src/protocol/requests/produce/index.js";
import { protocol } from "kafkajs/src/protocol/requests/produce/index.js";
import { registerCodecs } from "./codecs.ts";
import { encodedMessages } from "./produce.ts";
import { RecordWriter } from "./records.ts";

registerCodecs();

/** A Produce request's bytes as kafkajs makes them. */
async function produceRequest(messages: unknown, length: number, compression: number): Promise<Buffer> {
  const partitionMetadata = [{ partitionId: 0 }, { partitionId: 1 }, { partitionId: 2 }, { partitionId: 3 }];
  const grouped = groupMessagesPerPartition({
    topic: "t",
    messages,
    partitionMetadata,
    partitioner: () => 3,
  });
  assert.deepEqual(Object.keys(grouped), ["3"]);
  assert.equal(grouped[3].length, length);
  const { request } = protocol({ version: Math.max(...versions.map(Number)) })({
    acks: -1,
    timeout: 30_000,
    producerId: "4711",
    producerEpoch: 3,
    compression,
    topicData: [{ topic: "t", partitions: [{ partition: 3, firstSequence: 77, messages: grouped[3] }] }],
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

for (const [name, compression] of Object.entries(CompressionTypes)) {
  Deno.test(`encodedMessages() become the request that kafkajs makes of the same messages, compression ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(records, async (records) => {
        const writer = new RecordWriter();
        for (const { timestamp, key, value } of records) writer.add(timestamp, key, value);
        const messages = records.map(({ timestamp, key, value }) => ({
          timestamp: String(timestamp),
          key,
          value: value === null ? null : Buffer.from(value),
        }));
        const expected = await produceRequest(messages, records.length, compression as number);
        const actual = await produceRequest(
          encodedMessages(3, writer),
          records.length,
          compression as number,
        );
        assert.deepEqual(actual, expected);
      }),
      { numRuns: 30 },
    );
  });
}

Deno.test("encodedMessages() throws when kafkajs maps its messages to something else", () => {
  const writer = new RecordWriter();
  writer.add(1, null, null);
  assert.throws(() => encodedMessages(0, writer).map(({ key }) => key), TypeError);
});
