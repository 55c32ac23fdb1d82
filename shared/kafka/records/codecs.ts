/**
 * Compression of record batches: gzip, Snappy, LZ4 and Zstandard.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { gunzip, gzip, zstdCompress, zstdDecompress } from "node:zlib";
import kafkajs from "kafkajs";
import snappy from "snappyjs";
import { TooLargeError } from "./corrupt_batch.ts";
import { lz4Compress, lz4Decompress } from "./lz4.ts";
import { snappyDecompress } from "./snappy.ts";

/** `decompress` throws {@link TooLargeError} if the result would exceed `maxBytes`. */
interface Codec {
  readonly compress: (data: Buffer) => Promise<Uint8Array> | Uint8Array;
  readonly decompress: (data: Buffer, maxBytes: number) => Promise<Uint8Array> | Uint8Array;
}

const { CompressionTypes } = kafkajs;
const gunzipAsync = promisify(gunzip), zstdDecompressAsync = promisify(zstdDecompress);

/** Codecs by their number in a batch's attributes. */
export const CODECS: ReadonlyMap<number, Codec> = new Map<number, Codec>([
  [CompressionTypes.GZIP, {
    compress: promisify(gzip),
    decompress: (data, maxOutputLength) => gunzipAsync(data, { maxOutputLength }),
  }],
  [CompressionTypes.Snappy, {
    compress: (data) => snappy.compress(new Uint8Array(data)),
    decompress: snappyDecompress,
  }],
  [CompressionTypes.LZ4, { compress: lz4Compress, decompress: lz4Decompress }],
  [CompressionTypes.ZSTD, {
    compress: promisify(zstdCompress),
    decompress: (data, maxOutputLength) => {
      if (zstdContentSize(data) > maxOutputLength) throw new TooLargeError(maxOutputLength);
      return zstdDecompressAsync(data, { maxOutputLength });
    },
  }],
]);

/**
 * Decompresses the records of a batch.
 *
 * @param codec its number in the batch's attributes, not 0
 * @param maxBytes limit of the decompressed size, enforced before memory is allocated
 * @throws {TooLargeError} if the result would be larger
 * @throws {Error} if the codec is unknown or the data is corrupt
 */
export async function decompress(codec: number, data: Buffer, maxBytes: number): Promise<Uint8Array> {
  // zlib does not accept a limit of 0.
  if (maxBytes <= 0) throw new TooLargeError(maxBytes);
  const known = CODECS.get(codec);
  if (!known) throw new RangeError(`The compression codec ${codec} is unknown`);
  try {
    return await known.decompress(data, maxBytes);
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw new TooLargeError(maxBytes);
    throw error;
  }
}

const ZSTD_MAGIC = 0xfd2fb528;

/**
 * Returns the decompressed size that a Zstandard frame declares; 0 if it declares none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1
 */
export function zstdContentSize(data: Buffer): number {
  if (data.length < 18 || data.readUInt32LE(0) !== ZSTD_MAGIC) return 0;
  const descriptor = data[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  switch (descriptor >> 6) {
    case 0:
      return isSingleSegment ? data[at]! : 0;
    case 1:
      return data.readUInt16LE(at) + 256;
    case 2:
      return data.readUInt32LE(at);
    default:
      return Number(data.readBigUInt64LE(at));
  }
}
