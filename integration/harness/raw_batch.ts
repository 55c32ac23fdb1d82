/**
 * Sends record batches that no client would create.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createGzip, createZstdCompress } from "node:zlib";
import snappy from "snappyjs";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { RecordBatch as encodeBatch } from "kafkajs/src/protocol/recordBatch/v0/index.js";
import { crc32c } from "../../shared/kafka/records/crc32c.ts";
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import type { KafkaSettings } from "../../shared/kafka/client.ts";
import { lz4Compress } from "../../shared/kafka/records/lz4.ts";
import { fetchTopics } from "../../shared/kafka/metadata.ts";

const MEGABYTE = Buffer.alloc(1_000_000);
/** Number of each codec in a batch's attributes. */
const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
export type Codec = keyof typeof CODECS;

/** Encodes a number as Kafka's varint. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(rest % 128 | 128);
  return Buffer.from([...bytes, rest]);
}

/** Encodes a batch with one record, whose value is `megabytes` of zeros, without holding them in memory. */
export async function batchOfZeros(codec: Codec, megabytes: number): Promise<Buffer> {
  const size = megabytes * MEGABYTE.length;
  const body = Buffer.concat([Buffer.from([0, 0, 0, 1]), varint(size)]);
  const head = Buffer.concat([varint(body.length + size + 1), body]);
  const compressed = codec === "gzip" || codec === "zstd"
    ? await compressStream(codec === "gzip" ? createGzip() : createZstdCompress(), head, megabytes)
    : compressBlocks(codec, head, megabytes);
  return await encode(compressed, { timestamp: 1_700_000_000_000, count: 1, codec: CODECS[codec] });
}

/** Encodes a batch of encoded records. @param timestamp of the first record and the maximum */
async function encode(
  records: readonly Uint8Array[],
  { timestamp, count, codec }: { timestamp: number; count: number; codec: number },
): Promise<Buffer> {
  const { buffer } = await encodeBatch({
    firstTimestamp: timestamp,
    maxTimestamp: timestamp,
    lastOffsetDelta: count - 1,
    producerId: -1,
    records: [],
  });
  const batch = Buffer.concat([buffer.subarray(0, 61), ...records]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch[22] = codec;
  batch.writeInt32BE(count, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/** A record with headers of any bytes. */
export interface RecordWithHeaders {
  readonly timestamp: number;
  readonly key: string | Uint8Array | null;
  readonly value: string;
  readonly headers: readonly (readonly [name: string | Uint8Array, value: string | Uint8Array | null])[];
}

/** Encodes a batch of records. The first one must have the latest timestamp. */
export async function batchOf(records: readonly RecordWithHeaders[]): Promise<Buffer> {
  const { timestamp: first } = records[0]!;
  const field = (content: string | Uint8Array | null) => {
    if (content === null) return varint(-1);
    const bytes = Buffer.from(content as string);
    return Buffer.concat([varint(bytes.length), bytes]);
  };
  const encoded = records.map(({ timestamp, key, value, headers }, n) => {
    const body = Buffer.concat([
      ...[Buffer.of(0), varint(timestamp - first), varint(n), field(key), field(value)],
      ...[varint(headers.length), ...headers.flat().map(field)],
    ]);
    return Buffer.concat([varint(body.length), body]);
  });
  return await encode(encoded, { timestamp: first, count: records.length, codec: 0 });
}

/** Compresses `head`, `megabytes` of zeros, and the number of headers (0). */
async function compressStream(
  stream: ReturnType<typeof createGzip> | ReturnType<typeof createZstdCompress>,
  head: Buffer,
  megabytes: number,
): Promise<Uint8Array[]> {
  const compressed: Promise<Uint8Array[]> = Array.fromAsync(stream);
  stream.write(head);
  for (let n = 0; n < megabytes; n++) {
    if (!stream.write(MEGABYTE)) await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end(Buffer.alloc(1));
  return await compressed;
}

/** Like {@link compressStream}, in the framing of snappy-java or LZ4. */
function compressBlocks(codec: "snappy" | "lz4", head: Buffer, megabytes: number): Uint8Array[] {
  const frame = lz4Compress(Buffer.alloc(1));
  const block = codec === "snappy" ? snappyBlock : (data: Buffer) => lz4Compress(data).subarray(7, -4);
  const start = codec === "snappy"
    ? Buffer.from("82534e41505059000000000100000001", "hex")
    : frame.subarray(0, 7);
  const end = codec === "snappy" ? Buffer.alloc(0) : frame.subarray(-4);
  const piece = block(MEGABYTE);
  return [start, block(head), ...Array.from({ length: megabytes }, () => piece), block(Buffer.alloc(1)), end];
}

function snappyBlock(data: Buffer): Buffer {
  const compressed = Buffer.from(snappy.compress(new Uint8Array(data)));
  const length = Buffer.alloc(4);
  length.writeInt32BE(compressed.length);
  return Buffer.concat([length, compressed]);
}

/** Sends a batch to a partition. @throws {Error} if the broker rejects it */
export async function sendBatch(
  bootstrapServers: string,
  topic: string,
  partition: number,
  batch: Buffer,
): Promise<void> {
  const settings = {
    KAFKA_BOOTSTRAP_SERVERS: bootstrapServers.split(","),
    KAFKA_SECURITY_PROTOCOL: "PLAINTEXT",
    KAFKA_CONNECTION_TIMEOUT_MS: 10_000,
    KAFKA_REQUEST_TIMEOUT_MS: 60_000,
  } as unknown as KafkaSettings;
  using cluster = new KafkaCluster(settings, "integration", () => () => {});
  const [found] = await fetchTopics(cluster, [topic]);
  const broker = await cluster.node(found!.partitions[partition]!.leader!);
  const { request, response } = broker.protocol("Produce", { topicData: [] });
  const encode = () =>
    Promise.resolve(
      new Encoder().writeString(null).writeInt16(-1).writeInt32(60_000).writeArray([
        new Encoder().writeString(topic).writeArray([new Encoder().writeInt32(partition).writeBytes(batch)]),
      ]),
    );
  await broker.send({ request: { ...request as Record<string, unknown>, encode }, response });
}
