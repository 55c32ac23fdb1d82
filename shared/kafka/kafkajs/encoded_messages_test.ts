import { Buffer } from "node:buffer";
import assert from "assert";
import * as fc from "fast-check";
import { CompressionTypes } from "kafkajs";
import { protocol, versions } from "kafkajs/src/protocol/requests/produce/index.js";
import { RecordWriter } from "../records/record_writer.ts";
import { EncodedMessages } from "./encoded_messages.ts";
import { patchKafkajs } from "./patch_kafkajs.ts";

patchKafkajs();

/** Encodes a Produce request by kafkajs. @param messages by partition */
async function produceRequest(messages: ReadonlyMap<number, unknown>, compression: number): Promise<Buffer> {
  const partitions = [...messages].map(([partition, messages]) => ({
    partition,
    firstSequence: 77,
    messages,
  }));
  const { request } = protocol({ version: Math.max(...versions.map(Number)) })({
    acks: -1,
    timeout: 30_000,
    producerId: "4711",
    producerEpoch: 3,
    compression,
    topicData: [{ topic: "t", partitions }],
  });
  return (await request.encode()).buffer;
}

interface Given {
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
}

const given: fc.Arbitrary<Given> = fc.record({
  timestamp: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  key: fc.option(fc.string()),
  value: fc.option(fc.string({ unit: "binary" })),
});
/** In ascending order of timestamps: the batch's first timestamp is the minimum for kafkajs, and the first record's for RecordWriter. */
const records = fc.array(given, { minLength: 1, maxLength: 100 }).map((list) =>
  list.sort((a, b) => a.timestamp - b.timestamp)
);

function encoded(records: readonly Given[]): EncodedMessages {
  const writer = new RecordWriter();
  for (const { timestamp, key, value } of records) writer.add(timestamp, key, value);
  return new EncodedMessages(writer);
}

const unencoded = (records: readonly Given[]) =>
  records.map(({ timestamp, key, value }) => ({
    timestamp: String(timestamp),
    key,
    value: value === null ? null : Buffer.from(value),
  }));

for (const [name, compression] of Object.entries(CompressionTypes)) {
  Deno.test(`EncodedMessages gives the request that kafkajs encodes from the same messages, compression ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(records, { minLength: 1, maxLength: 4 }), async (partitions) => {
        assert.deepEqual(
          await produceRequest(new Map(partitions.map(encoded).entries()), compression as number),
          await produceRequest(new Map(partitions.map(unencoded).entries()), compression as number),
        );
      }),
      { numRuns: 30 },
    );
  });
}

Deno.test("EncodedMessages.map() throws when kafkajs maps its messages to something else", () => {
  const messages = encoded([{ timestamp: 1, key: null, value: null }]);
  assert.equal(messages.length, 1);
  assert.throws(() => messages.map(({ key }) => key), TypeError);
});
