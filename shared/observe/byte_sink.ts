/**
 * Writes bytes to stdout or stderr, connected to a file, pipe or terminal.
 *
 * @module
 */

/** Delay before a retry when a non-blocking output is full (EAGAIN). */
export const BUSY_RETRY_MS = 20;

/** Linux writes at most this many bytes to a pipe atomically (PIPE_BUF). */
const ATOMIC_BYTES_MAX = 4096;
const LINE_FEED = 10;

/** An open output, such as `Deno.stdout`. A write may take only some of the bytes. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes the first of the lines. Deno does not report how much of a write succeeded if a non-blocking pipe becomes full, and its line
 * buffer keeps a short piece without a line feed. Therefore at most {@link ATOMIC_BYTES_MAX} bytes are written at once, up to the end of a
 * line if possible.
 *
 * @param lines not empty, with a line feed at the end
 * @returns the number of bytes written
 * @throws {Deno.errors.WouldBlock} if nothing was written because a non-blocking output is full
 */
export function writeSome(sink: ByteSink, lines: Uint8Array): Promise<number> {
  const piece = lines.subarray(0, ATOMIC_BYTES_MAX);
  const end = piece.length < lines.length ? piece.lastIndexOf(LINE_FEED) + 1 : 0;
  return sink.write(end > 0 ? piece.subarray(0, end) : piece);
}
