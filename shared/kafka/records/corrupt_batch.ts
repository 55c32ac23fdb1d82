/**
 * Errors of record batches that cannot be read.
 *
 * @module
 */

/** Compressed data that exceeds the limit when decompressed. */
export class TooLargeError extends RangeError {
  override readonly name: string = "TooLargeError";
  constructor(maxBytes: number) {
    super(`It has more than ${maxBytes} bytes when decompressed`);
  }
}

/** A record batch with a wrong checksum, a corrupt header, record or compression, or too much data. */
export class CorruptBatchError extends Error {
  override readonly name: string = "CorruptBatchError";

  /**
   * @param reason a sentence without a full stop
   * @param baseOffset the offset of the batch's first record
   * @param lastOffset the offset of its last record according to the header, which may itself be corrupt
   */
  constructor(
    readonly reason: string,
    readonly baseOffset: number,
    readonly lastOffset: number,
    options?: ErrorOptions,
  ) {
    super(`The record batch at offset ${baseOffset} cannot be read: ${reason}.`, options);
  }

  /** Whether the batch is valid but exceeds the size limit. */
  get isTooLarge(): boolean {
    return this.cause instanceof TooLargeError;
  }
}

/** @throws {RangeError} if the CRCs differ */
export function verifyCrc(stored: number, actual: number): void {
  if (stored === actual) return;
  const hex = (crc: number) => crc.toString(16).padStart(8, "0");
  throw new RangeError(`Its CRC is ${hex(actual)}, expected ${hex(stored)}`);
}
