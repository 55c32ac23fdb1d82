import { Buffer } from "node:buffer";
import assert from "assert";
import * as fc from "fast-check";
import { CompressionTypes, type KafkaMessage } from "kafkajs";
import KafkajsBatch from "kafkajs/src/consumer/batch.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import encodeMessage from "kafkajs/src/protocol/message/v1/index.js";
import kafkajsCrc32C from "kafkajs/src/protocol/recordBatch/crc32C/index.js";
import encodeRecord from "kafkajs/src/protocol/recordBatch/record/v0/index.js";
import { RecordBatch as encodeBatch } from "kafkajs/src/protocol/recordBatch/v0/index.js";
import { protocol } from "kafkajs/src/protocol/requests/fetch/index.js";
import { patchKafkajs } from "../kafkajs/patch_kafkajs.ts";
import { CorruptBatchError } from "../records/corrupt_batch.ts";
import { decodeFetchResponse, recordBatches } from "./fetch_response.ts";
import { readRecordBatches } from "../records/read_record_batches.ts";
import { RecordReader } from "../records/record_reader.ts";

patchKafkajs();

const OPTIONS = { checkCrcs: true, decompressedBytesMax: 1_000_000 };
const VERSIONS = [4, 5, 6, 7, 8, 9, 10, 11];
const responseOf = (version: number) => protocol({ version })({ topics: [] }).response;
/** kafkajs' own decoders. */
const kafkajsDecode = new Map(VERSIONS.map((version) => [version, responseOf(version).decode]));

interface Given {
  readonly baseOffset: number;
  /** Offset deltas of the records that compaction left. */
  readonly deltas: readonly number[];
  readonly lastOffsetDelta: number;
  readonly producerId?: number;
  readonly transactional?: boolean;
  readonly marker?: "abort" | "commit";
  readonly compression?: number;
  readonly logAppendTime?: boolean;
}

const TIME = 1_700_000_000_000;

async function batchBytes(given: Given): Promise<Buffer> {
  const { baseOffset, deltas, lastOffsetDelta, producerId = -1, transactional = false, marker } = given;
  const records = deltas.map((delta) => {
    const offset = baseOffset + delta;
    const key = marker ? Buffer.from([0, 0, 0, marker === "abort" ? 0 : 1]) : Buffer.from(`key ${offset}`);
    const value = marker ? Buffer.alloc(6) : offset % 7 === 0 ? null : Buffer.from(`value ${offset}`);
    return encodeRecord({ offsetDelta: delta, timestampDelta: delta * 10, key, value, headers: { h: "v" } });
  });
  const { buffer } = await encodeBatch({
    compression: given.compression ?? CompressionTypes.None,
    firstOffset: baseOffset,
    firstTimestamp: TIME,
    maxTimestamp: TIME + lastOffsetDelta * 10,
    lastOffsetDelta,
    producerId,
    transactional,
    records,
  });
  const bytes: Buffer = Buffer.from(buffer);
  bytes[22]! |= (marker ? 0x20 : 0) | (given.logAppendTime ? 0x08 : 0);
  return withCrc(bytes);
}

/** Stores a batch's CRC anew, after a change. */
function withCrc(batch: Buffer): Buffer {
  batch.writeUInt32BE(kafkajsCrc32C(batch.subarray(21)), 17);
  return batch;
}

interface Aborted {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** A Fetch response of one partition. */
function response(version: number, data: Buffer, highWatermark: number, aborted: Aborted[] = []): Buffer {
  const partition = new Encoder().writeInt32(3).writeInt16(0).writeInt64(highWatermark).writeInt64(
    highWatermark,
  );
  if (version >= 5) partition.writeInt64(0);
  partition.writeInt32(aborted.length);
  for (const { producerId, firstOffset } of aborted) partition.writeInt64(producerId).writeInt64(firstOffset);
  if (version >= 11) partition.writeInt32(-1);
  partition.writeBytes(data);
  const topic = new Encoder().writeString("t").writeArray([partition], "object");
  const whole = new Encoder().writeInt32(17);
  if (version >= 7) whole.writeInt16(0).writeInt32(5);
  return whole.writeArray([topic], "object").buffer;
}

interface Seen {
  readonly lastOffset: string;
  readonly records: readonly {
    offset: string;
    timestamp: string;
    key: string | undefined;
    value: string | undefined;
  }[];
}

/** What a consumer that asked for `from` sees, by kafkajs' own decoding. */
async function seenByKafkajs(data: Buffer, version: number, from: number): Promise<Seen> {
  const [{ partitions: [partition] }] = (await kafkajsDecode.get(version)!(data)).responses;
  const batch = new KafkajsBatch("t", String(from), partition);
  return {
    lastOffset: batch.lastOffset(),
    records: (batch.messages as KafkaMessage[]).map(({ offset, timestamp, key, value }) => ({
      offset,
      timestamp,
      key: key?.toString(),
      value: value?.toString(),
    })),
  };
}

/** The same by ours. */
async function seen(data: Buffer, version: number, from: number): Promise<Seen> {
  const [topic] = (await decodeFetchResponse(data, version, OPTIONS)).responses;
  const batch = new KafkajsBatch("t", String(from), topic!.partitions[0]);
  // Such a batch kafkajs would keep to itself.
  assert(!batch.isEmptyDueToFiltering());
  const reader = new RecordReader();
  const records = recordBatches(batch.messages).flatMap((recordBatch) => {
    reader.reset(recordBatch.bytes);
    return Array.from({ length: recordBatch.count }, () => {
      reader.next();
      const time = recordBatch.isLogAppendTime
        ? recordBatch.maxTimestamp
        : recordBatch.firstTimestamp + reader.timestampDelta;
      const offset = recordBatch.baseOffset + reader.offsetDelta;
      return {
        offset: String(offset),
        timestamp: String(time),
        key: reader.key()?.toString(),
        value: reader.value()?.toString(),
      };
    });
  }).filter(({ offset }) => Number(offset) >= from);
  return {
    lastOffset: batch.lastOffset(),
    records,
  };
}

/** Batches that follow on one another, without transactions; offsets between them may be missing. */
const log: fc.Arbitrary<Given[]> = fc.array(
  fc.record({
    gap: fc.nat(3),
    size: fc.integer({ min: 1, max: 6 }),
    compression: fc.constantFrom(...Object.values(CompressionTypes) as number[]),
    logAppendTime: fc.boolean(),
    isCommit: fc.nat(9).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 8 },
).map((shapes) => {
  let next = 100;
  return shapes.map(({ gap, size, isCommit, ...rest }) => {
    const baseOffset = next + gap;
    const count = isCommit ? 1 : size;
    next = baseOffset + count;
    return {
      ...rest,
      baseOffset,
      lastOffsetDelta: count - 1,
      deltas: Array.from({ length: count }, (_, delta) => delta),
      ...(isCommit ? { marker: "commit" as const, producerId: 9, transactional: true } : {}),
    };
  });
});

for (const version of VERSIONS) {
  Deno.test(`decodeFetchResponse() shows a consumer what kafkajs shows it, Fetch version ${version}`, async () => {
    await fc.assert(
      fc.asyncProperty(log, fc.nat(), fc.nat(), async (log, start, cut) => {
        const end = log.at(-1)!.baseOffset + log.at(-1)!.lastOffsetDelta + 1;
        // Brokers begin with the batch that holds the offset that was asked for.
        const from = log[0]!.baseOffset + start % (log[0]!.lastOffsetDelta + 1);
        const whole = await Promise.all(log.map(batchBytes));
        // And cut off the last batch, unless it is the first.
        const last = whole.length - 1;
        const kept = last === 0 ? whole[0]!.length : cut % (whole[last]!.length + 1);
        const data = Buffer.concat([...whole.slice(0, last), whole[last]!.subarray(0, kept)]);
        const bytes = response(version, data, end);
        assert.deepEqual(await seen(bytes, version, from), await seenByKafkajs(bytes, version, from));
      }),
      { numRuns: 60 },
    );
  });

  Deno.test(`decodeFetchResponse() gives kafkajs the fields that its own decoder gives, Fetch version ${version}`, async () => {
    for (
      const data of [Buffer.alloc(0), await batchBytes({ baseOffset: 1, deltas: [0], lastOffsetDelta: 0 })]
    ) {
      const bytes = response(version, data, 10);
      const expected = await kafkajsDecode.get(version)!(bytes);
      const actual = await decodeFetchResponse(bytes, version, OPTIONS);
      for (const { responses } of [expected, actual]) {
        for (const { partitions } of responses) {
          for (const partition of partitions) partition.messages.length = 0;
        }
      }
      assert.deepEqual(actual, expected);
    }
  });
}

/** A log of transactions: for each step whose turn it is, and what it does. */
const steps = fc.array(
  fc.record({
    producerId: fc.integer({ min: 1, max: 3 }),
    does: fc.constantFrom("send", "send", "send", "abort", "commit", "send without transaction"),
    size: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 10, maxLength: 40 },
);

Deno.test("decodeFetchResponse() passes over aborted transactions and markers, wherever a fetch begins", async () => {
  let aborts = 0;
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (steps, pick) => {
      const log: Given[] = [];
      const open = new Map<number, { firstOffset: number; batches: Given[] }>();
      const hidden = new Set<Given>();
      const aborted: (Aborted & { readonly end: number })[] = [];
      let next = 0;
      for (const { producerId, does, size } of steps) {
        const marker = does === "abort" || does === "commit" ? does : undefined;
        const transaction = open.get(producerId);
        // A producer has a transaction open or sends without, and ends only what is open.
        if (does !== "send" && (transaction === undefined) === (marker !== undefined)) continue;
        const count = marker ? 1 : size;
        const batch: Given = {
          baseOffset: next,
          deltas: Array.from({ length: count }, (_, delta) => delta),
          lastOffsetDelta: count - 1,
          producerId,
          transactional: does !== "send without transaction",
          ...(marker ? { marker } : {}),
        };
        log.push(batch);
        if (does === "send") {
          if (transaction) transaction.batches.push(batch);
          else open.set(producerId, { firstOffset: next, batches: [batch] });
        }
        if (marker) {
          if (marker === "abort") {
            transaction!.batches.forEach((batch) => hidden.add(batch));
            aborted.push({ producerId, firstOffset: transaction!.firstOffset, end: next });
          }
          open.delete(producerId);
        }
        next += count;
      }
      if (log.length === 0) return;
      const first = pick % log.length;
      const fetched = log.slice(first);
      const from = fetched[0]!.baseOffset;
      // The broker names the aborted transactions that reach into what it sends.
      const named = aborted.filter(({ end }) => end >= from).sort((a, b) => a.firstOffset - b.firstOffset);
      aborts += named.length;
      const bytes = response(11, Buffer.concat(await Promise.all(fetched.map(batchBytes))), next, named);
      const expected = fetched.filter((batch) => !batch.marker && !hidden.has(batch))
        .flatMap(({ baseOffset, deltas }) => deltas.map((delta) => String(baseOffset + delta)));
      const { records, lastOffset } = await seen(bytes, 11, from);
      assert.deepEqual(records.map(({ offset }) => offset), expected);
      assert.equal(lastOffset, String(next - 1));
    }),
    { numRuns: 300 },
  );
  assert.ok(aborts > 100, `only ${aborts} aborted transactions: the property says little`);
});

Deno.test("decodeFetchResponse() goes on behind a batch that compaction emptied or shortened", async () => {
  const data = Buffer.concat(
    await Promise.all([
      batchBytes({ baseOffset: 10, deltas: [], lastOffsetDelta: 9 }),
      batchBytes({ baseOffset: 20, deltas: [2, 5], lastOffsetDelta: 9 }),
    ]),
  );
  const { records, lastOffset } = await seen(response(11, data, 100), 11, 12);
  assert.deepEqual(records.map(({ offset }) => offset), ["22", "25"]);
  assert.equal(lastOffset, "29");
});

Deno.test("decodeFetchResponse() ends before a batch that cannot be read, and recordBatches() throws when it is the first", async () => {
  const corrupt = await batchBytes({ baseOffset: 11, deltas: [0, 1], lastOffsetDelta: 1 });
  corrupt[corrupt.length - 3]! ^= 0x10;
  const good = await batchBytes({ baseOffset: 10, deltas: [0], lastOffsetDelta: 0 });
  const { records, lastOffset } = await seen(response(11, Buffer.concat([good, corrupt]), 20), 11, 10);
  assert.deepEqual(records.map(({ offset }) => offset), ["10"]);
  assert.equal(lastOffset, "10");
  // Also when the fetch began in the middle of the batch.
  await assert.rejects(seen(response(11, corrupt, 20), 11, 12), (error) => {
    assert(error instanceof CorruptBatchError);
    assert.deepEqual([error.baseOffset, error.lastOffset], [11, 12]);
    assert.match(
      error.message,
      /offset 11 cannot be read: Its CRC is [0-9a-f]{8}, expected [0-9a-f]{8}/,
    );
    return true;
  });
});

Deno.test("decodeFetchResponse() leaves to the next fetch what exceeds decompressedBytesMax together, in all partitions", async () => {
  const batch = (baseOffset: number) =>
    batchBytes({ baseOffset, deltas: [...Array(20).keys()], lastOffsetDelta: 19, compression: 1 });
  const batches = [await batch(20), await batch(40), await batch(60)];
  const [records] = await readRecordBatches(batches[0]!, OPTIONS);
  const max = 2 * records!.bytes.length + 50;
  const bytes = response(11, Buffer.concat(batches), 80);
  const decoded = await decodeFetchResponse(bytes, 11, { ...OPTIONS, decompressedBytesMax: max });
  assert.deepEqual(decoded.responses[0]!.partitions[0]!.messages.map(({ offset }) => offset), ["39", "59"]);
  // Two topics, as two responses in one: the count of topics, and then each of them.
  const topics = bytes.subarray(4 + 6 + 4);
  const both = Buffer.concat([bytes.subarray(0, 10), Buffer.from([0, 0, 0, 2]), topics, topics]);
  const { responses } = await decodeFetchResponse(both, 11, { ...OPTIONS, decompressedBytesMax: max });
  assert.deepEqual(responses.map(({ partitions }) => partitions[0]!.messages.length), [2, 0]);
});

Deno.test("decodeFetchResponse() reads messages from before Kafka 0.11", async () => {
  const data = Buffer.concat([5, 6, 9].map((offset) => {
    const message = encodeMessage({
      timestamp: TIME + offset,
      key: `key ${offset}`,
      value: `value ${offset}`,
    });
    return new Encoder().writeInt64(offset).writeInt32(message.size()).writeEncoder(message).buffer;
  }));
  const bytes = response(11, data, 10);
  const { records, lastOffset } = await seen(bytes, 11, 6);
  assert.equal(lastOffset, "9");
  assert.deepEqual(records, (await seenByKafkajs(bytes, 11, 6)).records);
  assert.deepEqual(records.map(({ value }) => value), ["value 6", "value 9"]);
});
