/**
 * Sends record batches as no client makes them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createZstdCompress } from "node:zlib";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { RecordBatch as encodeBatch } from "kafkajs/src/protocol/recordBatch/v0/index.js";
import { crc32c } from "../../shared/kafka/crc32c.ts";
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import type { KafkaSettings } from "../../shared/kafka/connection.ts";
import { fetchTopics } from "../../shared/kafka/metadata.ts";

const PIECE = Buffer.alloc(1_000_000);
const ZSTD = 4;

/** Bytes of Kafka's variable-length encoding of a number that is not negative. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = 2 * value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(rest % 128 | 128);
  return Buffer.from([...bytes, rest]);
}

/** A Zstandard batch of one record whose value is `megabytes` of zeros, made without ever having them in memory. */
export async function zeros(megabytes: number): Promise<Buffer> {
  const size = megabytes * PIECE.length;
  const body = Buffer.concat([Buffer.from([0, 0, 0, 1]), varint(size)]);
  const head = Buffer.concat([varint(body.length + size + 1), body]);
  const zstd = createZstdCompress();
  const compressed: Promise<Uint8Array[]> = Array.fromAsync(zstd);
  zstd.write(head);
  for (let n = 0; n < megabytes; n++) {
    if (!zstd.write(PIECE)) await new Promise((resolve) => zstd.once("drain", resolve));
  }
  zstd.end(Buffer.alloc(1));
  const { buffer } = await encodeBatch({
    firstTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_000,
    lastOffsetDelta: 0,
    producerId: -1,
    records: [],
  });
  const batch = Buffer.concat([buffer.subarray(0, 61), ...await compressed]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch[22] = ZSTD;
  batch.writeInt32BE(1, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/** Sends a batch to a partition and throws when the broker does not take it. */
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
