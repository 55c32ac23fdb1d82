import { Buffer } from "node:buffer";
import assert from "assert";
import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import type { KafkaBroker } from "../cluster.ts";
import { decodeFetchById, encodeFetchById, type FetchFields, fetchRequest } from "./fetch_request.ts";

const ID = "AAECAwQFBgcICQoLDA0ODw";
const FIELDS: FetchFields = {
  maxWaitTime: 500,
  minBytes: 1,
  maxBytes: 10_000,
  topics: [{ topic: "routes", topicId: ID, partitions: [{ partition: 3, fetchOffset: 7, maxBytes: 1_000 }] }],
};
const READ = { checkCrcs: true, decompressedBytesMax: 1_000_000 };

Deno.test("encodeFetchById() writes the fields of Fetch version 13", () => {
  const decoder = new Decoder(encodeFetchById(FIELDS).buffer);
  assert.equal(decoder.readUVarInt(), 0, "tagged fields of the header");
  assert.deepEqual(
    [decoder.readInt32(), decoder.readInt32(), decoder.readInt32(), decoder.readInt32(), decoder.readInt8()],
    [-1, 500, 1, 10_000, 1],
  );
  assert.deepEqual([decoder.readInt32(), decoder.readInt32()], [0, -1], "no session");
  assert.equal(decoder.readUVarInt(), 2);
  assert.equal(decoder.readBytes(16).toString("base64url"), ID);
  assert.equal(decoder.readUVarInt(), 2);
  const longs = () => Number(decoder.readInt64());
  assert.deepEqual(
    [decoder.readInt32(), decoder.readInt32(), longs(), decoder.readInt32(), longs(), decoder.readInt32()],
    [3, -1, 7, -1, -1, 1_000],
  );
  assert.deepEqual([decoder.readUVarInt(), decoder.readUVarInt()], [0, 0], "tagged fields");
  assert.deepEqual([decoder.readUVarInt(), decoder.readUVarInt(), decoder.readUVarInt()], [1, 1, 0]);
  assert.equal(decoder.canReadBytes(1), false);
});

/** Encodes a response with two topics, the second one with UNKNOWN_TOPIC_ID. */
function response(errorCode: number): Buffer {
  const partition = (error: number, aborted: boolean) => {
    const encoder = new Encoder().writeInt32(3).writeInt16(error).writeInt64(9).writeInt64(9).writeInt64(0);
    if (aborted) encoder.writeUVarInt(2).writeInt64(1_000).writeInt64(5).writeUVarInt(0);
    else encoder.writeUVarInt(0);
    // A tagged field after the records, as in version 12 and later.
    encoder.writeInt32(-1).writeUVarInt(1).writeUVarInt(1).writeUVarInt(0).writeUVarInt(2);
    encoder.writeBufferInternal(Buffer.from([7, 7]));
    return encoder;
  };
  const encoder = new Encoder().writeUVarInt(0).writeInt32(0).writeInt16(errorCode).writeInt32(0);
  if (errorCode !== 0) return encoder.writeUVarInt(1).writeUVarInt(0).buffer;
  encoder.writeUVarInt(3);
  for (const [id, error] of [[ID, 0], ["_____________________w", 100]] as const) {
    encoder.writeBufferInternal(Buffer.from(id, "base64url"));
    encoder.writeUVarInt(2).writeEncoder(partition(error, error === 0)).writeUVarInt(0);
  }
  return encoder.writeUVarInt(0).buffer;
}

Deno.test("decodeFetchById() returns topic names and the errors of partitions", async () => {
  const names = new Map([[ID, "routes"], ["_____________________w", "battery"]]);
  const { responses } = await decodeFetchById(response(0), names, READ);
  assert.deepEqual(
    responses.map((
      { topicName, partitions },
    ) => [topicName, partitions.map((p) => [p.partition, p.errorCode])]),
    [["routes", [[3, 0]]], ["battery", [[3, 3]]]],
  );
  await assert.rejects(decodeFetchById(response(100), names, READ), { type: "UNKNOWN_TOPIC_OR_PARTITION" });
});

Deno.test("fetchRequest() uses topic ids when all are known and the broker supports them", () => {
  const version = (maxVersion: number, topicId: string | undefined) => {
    const broker = {
      maxVersion: () => maxVersion,
      protocol: () => ({ request: { apiVersion: 11 }, response: {}, requestTimeout: 600 }),
    } as unknown as KafkaBroker;
    const fields = { ...FIELDS, topics: [...FIELDS.topics, { topic: "battery", topicId, partitions: [] }] };
    return (fetchRequest(broker, fields, READ).request as { apiVersion: number }).apiVersion;
  };
  assert.equal(version(17, ID), 13);
  assert.equal(version(12, ID), 11);
  assert.equal(version(17, undefined), 11);
});
