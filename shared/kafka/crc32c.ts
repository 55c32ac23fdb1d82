/**
 * CRC-32C (Castagnoli), the checksum of record batches, computed in WebAssembly.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4
 * @module
 */
// Only this part of the package: its main module takes five times as long to load.
import hashWasm from "hash-wasm/dist/crc32.umd.min.js";

/** The polynomial, bits reversed. */
const CASTAGNOLI = 0x82f63b78;

const hasher = await hashWasm.createCRC32(CASTAGNOLI);

/** The CRC-32C of some bytes, an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  hasher.init();
  hasher.update(bytes);
  const [a, b, c, d]: Uint8Array = hasher.digest("binary");
  return (a! << 24 | b! << 16 | c! << 8 | d!) >>> 0;
}
