import { Buffer } from "node:buffer";
import assert from "assert";
import * as fc from "fast-check";
import { CompressionTypes, type KafkaMessage } from "kafkajs";
import KafkajsBatch from "kafkajs/src/consumer/batch.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import encodeMessage from "kafkajs/src/protocol/message/v1/index.js";
import { protocol } from "kafkajs/src/protocol/requests/fetch/index.js";
import { patchKafkajs } from "../kafkajs/patch_kafkajs.ts";
import { CorruptBatchError } from "../records/corrupt_batch.ts";
import { readRecordBatches } from "../records/read_record_batches.ts";
import { decodeFetchResponse } from "./fetch_response.ts";
import {
  type Aborted,
  encodeGiven,
  fetchResponse,
  type Given,
  OPTIONS,
  type Seen,
  seenFrom,
  TIMESTAMP,
} from "./fetch_response_fixture.ts";

patchKafkajs();

const VERSIONS = [4, 5, 6, 7, 8, 9, 10, 11];
const kafkajsDecode = new Map(
  VERSIONS.map((version) => [version, protocol({ version })({ topics: [] }).response.decode]),
);

/** Like {@link seenFrom}, but decoded by kafkajs. */
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

/** Consecutive batches without aborted transactions, with gaps between their offsets. */
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
  Deno.test(`decodeFetchResponse() returns the records that kafkajs returns, Fetch version ${version}`, async () => {
    await fc.assert(
      fc.asyncProperty(log, fc.nat(), fc.nat(), async (log, start, cut) => {
        const end = log.at(-1)!.baseOffset + log.at(-1)!.lastOffsetDelta + 1;
        // Brokers start with the batch that contains the fetch offset.
        const from = log[0]!.baseOffset + start % (log[0]!.lastOffsetDelta + 1);
        const whole = await Promise.all(log.map(encodeGiven));
        // They truncate the last batch, unless it is the first.
        const last = whole.length - 1;
        const kept = last === 0 ? whole[0]!.length : cut % (whole[last]!.length + 1);
        const data = Buffer.concat([...whole.slice(0, last), whole[last]!.subarray(0, kept)]);
        const bytes = fetchResponse(version, data, end);
        assert.deepEqual(await seenFrom(bytes, version, from), await seenByKafkajs(bytes, version, from));
      }),
      { numRuns: 60 },
    );
  });

  Deno.test(`decodeFetchResponse() returns the fields that kafkajs' decoder returns, Fetch version ${version}`, async () => {
    for (
      const data of [Buffer.alloc(0), await encodeGiven({ baseOffset: 1, deltas: [0], lastOffsetDelta: 0 })]
    ) {
      const bytes = fetchResponse(version, data, 10);
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

/** The actions of several producers. */
const steps = fc.array(
  fc.record({
    producerId: fc.integer({ min: 1, max: 3 }),
    does: fc.constantFrom("send", "send", "send", "abort", "commit", "send without transaction"),
    size: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 10, maxLength: 40 },
);

Deno.test("decodeFetchResponse() skips aborted transactions and markers at any fetch offset", async () => {
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
        // Skip actions that the producer's state does not allow.
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
      // Brokers return the aborted transactions that overlap the fetched range.
      const overlapping = aborted.filter(({ end }) => end >= from).sort((a, b) =>
        a.firstOffset - b.firstOffset
      );
      aborts += overlapping.length;
      const bytes = fetchResponse(
        11,
        Buffer.concat(await Promise.all(fetched.map(encodeGiven))),
        next,
        overlapping,
      );
      const expected = fetched.filter((batch) => !batch.marker && !hidden.has(batch))
        .flatMap(({ baseOffset, deltas }) => deltas.map((delta) => String(baseOffset + delta)));
      const { records, lastOffset } = await seenFrom(bytes, 11, from);
      assert.deepEqual(records.map(({ offset }) => offset), expected);
      assert.equal(lastOffset, String(next - 1));
    }),
    { numRuns: 300 },
  );
  assert.ok(aborts > 100, `only ${aborts} aborted transactions were generated`);
});

Deno.test("decodeFetchResponse() reads batches that compaction has emptied or shortened", async () => {
  const data = Buffer.concat(
    await Promise.all([
      encodeGiven({ baseOffset: 10, deltas: [], lastOffsetDelta: 9 }),
      encodeGiven({ baseOffset: 20, deltas: [2, 5], lastOffsetDelta: 9 }),
    ]),
  );
  const { records, lastOffset } = await seenFrom(fetchResponse(11, data, 100), 11, 12);
  assert.deepEqual(records.map(({ offset }) => offset), ["22", "25"]);
  assert.equal(lastOffset, "29");
});

Deno.test("decodeFetchResponse() omits a corrupt batch, and recordBatches() throws when it is the first", async () => {
  const corrupt = await encodeGiven({ baseOffset: 11, deltas: [0, 1], lastOffsetDelta: 1 });
  corrupt[corrupt.length - 3]! ^= 0x10;
  const good = await encodeGiven({ baseOffset: 10, deltas: [0], lastOffsetDelta: 0 });
  const { records, lastOffset } = await seenFrom(
    fetchResponse(11, Buffer.concat([good, corrupt]), 20),
    11,
    10,
  );
  assert.deepEqual(records.map(({ offset }) => offset), ["10"]);
  assert.equal(lastOffset, "10");
  // Also if the fetch offset is in the middle of the batch.
  await assert.rejects(seenFrom(fetchResponse(11, corrupt, 20), 11, 12), (error) => {
    assert(error instanceof CorruptBatchError);
    assert.deepEqual([error.baseOffset, error.lastOffset], [11, 12]);
    assert.match(
      error.message,
      /offset 11 cannot be read: Its CRC is [0-9a-f]{8}, expected [0-9a-f]{8}/,
    );
    return true;
  });
});

Deno.test("decodeFetchResponse() omits batches when all partitions together exceed decompressedBytesMax", async () => {
  const batch = (baseOffset: number) =>
    encodeGiven({ baseOffset, deltas: [...Array(20).keys()], lastOffsetDelta: 19, compression: 1 });
  const batches = [await batch(20), await batch(40), await batch(60)];
  const [records] = await readRecordBatches(batches[0]!, OPTIONS);
  const max = 2 * records!.bytes.length + 50;
  const bytes = fetchResponse(11, Buffer.concat(batches), 80);
  const decoded = await decodeFetchResponse(bytes, 11, { ...OPTIONS, decompressedBytesMax: max });
  assert.deepEqual(decoded.responses[0]!.partitions[0]!.messages.map(({ offset }) => offset), ["39", "59"]);
  // The same with two topics.
  const topics = bytes.subarray(4 + 6 + 4);
  const both = Buffer.concat([bytes.subarray(0, 10), Buffer.from([0, 0, 0, 2]), topics, topics]);
  const { responses } = await decodeFetchResponse(both, 11, { ...OPTIONS, decompressedBytesMax: max });
  assert.deepEqual(responses.map(({ partitions }) => partitions[0]!.messages.length), [2, 0]);
});

Deno.test("decodeFetchResponse() reads messages of magic 1", async () => {
  const data = Buffer.concat([5, 6, 9].map((offset) => {
    const message = encodeMessage({
      timestamp: TIMESTAMP + offset,
      key: `key ${offset}`,
      value: `value ${offset}`,
    });
    return new Encoder().writeInt64(offset).writeInt32(message.size()).writeEncoder(message).buffer;
  }));
  const bytes = fetchResponse(11, data, 10);
  const { records, lastOffset } = await seenFrom(bytes, 11, 6);
  assert.equal(lastOffset, "9");
  assert.deepEqual(records, (await seenByKafkajs(bytes, 11, 6)).records);
  assert.deepEqual(records.map(({ value }) => value), ["value 6", "value 9"]);
});
