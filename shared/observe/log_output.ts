/**
 * Writes log lines to stdout or stderr without ever blocking or stopping the process.
 *
 * @module
 */
import { pause } from "../lifecycle.ts";
import { BUSY_RETRY_MS, type ByteSink, writeSome } from "./byte_sink.ts";
import type { Level } from "./log.ts";

/** Maximum size of the queue. */
const BUFFER_BYTES_MAX = 1024 * 1024;
/** Part of the queue reserved for level `error`, so that the reason of an exit is not dropped. */
const ERROR_RESERVE_BYTES = 64 * 1024;
/** Maximum size of a write. */
const BATCH_BYTES_MAX = 64 * 1024;
/** Delay before a retry after a failed write. */
const RETRY_MS = 1_000;
interface Line {
  readonly bytes: Uint8Array;
  readonly level: Level;
}

/** Lines dropped by all outputs of this process; `log_lines_dropped_total`. */
let totalDropped = 0;
export const droppedLogLines = (): number => totalDropped;

/**
 * Keeps the order of the lines. Lines that do not fit into the buffer while the output is full, closed or slow are dropped and counted.
 * A write that fails is repeated until it succeeds.
 */
export class LogOutput {
  readonly #queue: Line[] = [];
  /** Bytes of the queue and of the write in flight. */
  #bytes = 0;
  /** Dropped since `onResumed` was last called. */
  #dropped = 0;
  #writing: Promise<void> | undefined;
  /** The lines of the write in flight. */
  #inFlight: readonly Line[] = [];
  readonly #closed = new AbortController();

  /**
   * @param sink where the lines go
   * @param onResumed called with the number of dropped lines when writing works again; it may log a line
   */
  constructor(private readonly sink: ByteSink, private readonly onResumed: (dropped: number) => void) {}

  /** Queues a line, with its line feed. Never throws. */
  write(line: string, level: Level): void {
    const bytes = new TextEncoder().encode(line);
    const limit = level === "error" ? BUFFER_BYTES_MAX : BUFFER_BYTES_MAX - ERROR_RESERVE_BYTES;
    // After a dropped line, shorter ones must not overtake its report.
    if (this.#bytes + bytes.length > limit || (this.#dropped > 0 && level !== "error")) {
      this.#dropped++;
      totalDropped++;
      return;
    }
    this.#push({ bytes, level });
  }

  /**
   * Waits until all queued lines are written, but at most `timeoutMs`. Nothing is written afterwards.
   *
   * @returns the lines of level `error` that were not written
   */
  async close(timeoutMs: number): Promise<string> {
    const timer = setTimeout(() => this.#closed.abort(), timeoutMs);
    await Promise.race([this.#writing, new Promise((resolve) => this.#onClosed(resolve))]);
    clearTimeout(timer);
    this.#closed.abort();
    return [...this.#inFlight, ...this.#queue].filter(({ level }) => level === "error")
      .map(({ bytes }) => new TextDecoder().decode(bytes)).join("");
  }

  #onClosed(listener: (event: Event) => void): void {
    this.#closed.signal.addEventListener("abort", listener, { once: true });
  }

  #push(line: Line): void {
    this.#queue.push(line);
    this.#bytes += line.bytes.length;
    this.#writing ??= this.#runLoop();
  }

  async #runLoop(): Promise<void> {
    const { signal } = this.#closed;
    while (this.#queue.length > 0 && !signal.aborted) {
      const batch = this.#inFlight = this.#takeBatch();
      const bytes = concatenate(batch.map((line) => line.bytes));
      for (let done = 0; done < bytes.length && !signal.aborted;) {
        try {
          done += await writeSome(this.sink, bytes.subarray(done));
        } catch (error) {
          await pause(error instanceof Deno.errors.WouldBlock ? BUSY_RETRY_MS : RETRY_MS, signal);
        }
      }
      if (signal.aborted) break;
      this.#inFlight = [];
      this.#bytes -= bytes.length;
      this.#reportDropped();
    }
    this.#writing = undefined;
  }

  #takeBatch(): Line[] {
    let size = 0, count = 0;
    while (count < this.#queue.length && size < BATCH_BYTES_MAX) size += this.#queue[count++]!.bytes.length;
    return this.#queue.splice(0, count);
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.onResumed(dropped);
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
