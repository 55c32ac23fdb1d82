/**
 * Registers our compression codecs with kafkajs, which has only gzip.
 *
 * @see kafkajs/src/protocol/message/compression/index.js
 * @module
 */
import { Buffer, constants } from "node:buffer";
import kafkajs from "kafkajs";
import { CODECS, decompress } from "../records/codecs.ts";

const codecs = kafkajs.CompressionCodecs as Record<number, unknown>;

const toBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Replaces gzip, and adds Snappy, LZ4 and Zstandard. */
export function registerCodecs(): void {
  for (const [type, { compress }] of CODECS) {
    codecs[type] = () => ({
      compress: async (encoder: { buffer: Buffer }) => toBuffer(await compress(encoder.buffer)),
      // Only kafkajs' own consumers, in tests and benchmarks, decompress through this.
      decompress: async (data: Buffer) => toBuffer(await decompress(type, data, constants.MAX_LENGTH)),
    });
  }
}
