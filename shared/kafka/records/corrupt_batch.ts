/**
 * Errors of record batches that cannot be read.
 *
 * @module
 */

/** Compressed data that is larger than allowed when decompressed. */
export class TooLargeError extends RangeError {
  override readonly name: string = "TooLargeError";
  constructor(maxBytes: number) {
    super(`It has more than ${maxBytes} bytes when decompressed`);
  }
}

/** A record batch that cannot be read: a wrong checksum, a malformed header, record or compression, or too large. */
export class CorruptBatchError extends Error {
  override readonly name: string = "CorruptBatchError";

  /**
   * @param reason what is wrong with the batch, a sentence without a full stop
   * @param baseOffset the offset of the batch's first record
   * @param lastOffset the offset of its last record as its header says, which may be what is wrong
   */
  constructor(
    readonly reason: string,
    readonly baseOffset: number,
    readonly lastOffset: number,
    options?: ErrorOptions,
  ) {
    super(`The record batch at offset ${baseOffset} cannot be read: ${reason}.`, options);
  }

  /** It is larger than allowed, and otherwise in order. */
  get isTooLarge(): boolean {
    return this.cause instanceof TooLargeError;
  }
}

/** @throws {RangeError} when the CRC of a batch is not the one that was stored with it */
export function verifyCrc(stored: number, actual: number): void {
  if (stored === actual) return;
  const hex = (crc: number) => crc.toString(16).padStart(8, "0");
  throw new RangeError(`Its CRC is ${hex(actual)}, and ${hex(stored)} was stored with it`);
}
