/**
 * Reads the messages that brokers before Kafka 0.11 stored (magic 0 and 1). Later brokers still return them unchanged.
 *
 * ```
 * Message => Offset (INT64) Length (INT32) CRC (UINT32) Magic (INT8) Attributes (INT8)
 *            [Timestamp (INT64), magic 1] KeyLength (INT32) Key ValueLength (INT32) Value
 * ```
 *
 * The value of a compressed message is a sequence of messages. In magic 1 their offsets are relative.
 *
 * @see https://kafka.apache.org/documentation/#messageset
 * @module
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import encodeRecord from "kafkajs/src/protocol/recordBatch/record/v0/index.js";
import { decompress } from "./codecs.ts";
import { verifyCrc } from "./corrupt_batch.ts";
import { AT as BATCH_AT, LENGTH_END, type ReadBatch } from "./record_batch.ts";

const AT = { ...BATCH_AT, crc: 12, attributes: 17, timestamp: 18 };
const ATTRIBUTE = { compression: 0x07, logAppendTime: 0x08 };

interface Message {
  readonly offset: number;
  readonly magic: number;
  readonly attributes: number;
  /** Unix ms; −1 in messages of magic 0. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/**
 * Converts a message, or the messages in a compressed message, to a record batch.
 *
 * @param bytes the message, including its offset and length
 * @param maxBytes limit of the decompressed size
 * @throws {TooLargeError} if it is exceeded
 * @throws {Error} if the message cannot be read
 */
export async function readMessage(bytes: Buffer, checkCrc: boolean, maxBytes: number): Promise<ReadBatch> {
  if (checkCrc) verifyCrc(bytes.readUInt32BE(AT.crc), crc32(bytes.subarray(AT.magic)));
  const outer = parse(bytes);
  if ((outer.attributes & ATTRIBUTE.compression) === 0) {
    return { batch: toBatch([outer], outer.offset), decompressedBytes: 0 };
  }
  if (outer.value === null) throw new RangeError("Its compressed message has no value");
  const decompressed = await decompress(outer.attributes & ATTRIBUTE.compression, outer.value, maxBytes);
  const inner = parseAll(Buffer.from(decompressed.buffer, decompressed.byteOffset, decompressed.byteLength));
  if (inner.length === 0) throw new RangeError("Its compressed message is empty");
  const base = outer.magic === 0 ? 0 : outer.offset - inner.at(-1)!.offset;
  const isLogAppendTime = outer.magic === 1 && (outer.attributes & ATTRIBUTE.logAppendTime) !== 0;
  const messages = inner.map((message) => ({
    ...message,
    offset: base + message.offset,
    timestamp: isLogAppendTime ? outer.timestamp : message.timestamp,
  }));
  return { batch: toBatch(messages, outer.offset), decompressedBytes: decompressed.length };
}

function parse(bytes: Buffer): Message {
  const magic = bytes.readInt8(AT.magic);
  let at = magic === 0 ? AT.timestamp : AT.timestamp + 8;
  const field = () => {
    const length = bytes.readInt32BE(at);
    const start = at + 4;
    at = start + Math.max(0, length);
    if (length < -1 || at > bytes.length) throw new RangeError("A key or value exceeds its message");
    return length === -1 ? null : bytes.subarray(start, at);
  };
  const key = field(), value = field();
  if (at !== bytes.length) throw new RangeError("A message has bytes after its value");
  return {
    offset: Number(bytes.readBigInt64BE(AT.baseOffset)),
    magic,
    attributes: bytes.readInt8(AT.attributes),
    timestamp: magic === 0 ? -1 : Number(bytes.readBigInt64BE(AT.timestamp)),
    key,
    value,
  };
}

function parseAll(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + LENGTH_END + bytes.readInt32BE(at + AT.length);
    if (end <= at + AT.timestamp || end > bytes.length) throw new RangeError("A message is truncated");
    const message = parse(bytes.subarray(at, end));
    if ((message.attributes & ATTRIBUTE.compression) !== 0) {
      throw new RangeError("A message is compressed twice");
    }
    messages.push(message);
    at = end;
  }
  return messages;
}

function toBatch(messages: readonly Message[], lastOffset: number): ReadBatch["batch"] {
  const { offset: baseOffset, timestamp: firstTimestamp } = messages[0]!;
  const records = messages.map(({ offset, timestamp, key, value }) =>
    encodeRecord({
      offsetDelta: offset - baseOffset,
      timestampDelta: timestamp - firstTimestamp,
      key,
      value,
    }).buffer as Buffer
  );
  return {
    baseOffset,
    lastOffset,
    firstTimestamp,
    maxTimestamp: messages.reduce((max, { timestamp }) => Math.max(max, timestamp), -1),
    isLogAppendTime: false,
    producerId: -1n,
    isTransactional: false,
    isControl: false,
    count: records.length,
    bytes: Buffer.concat(records),
  };
}
