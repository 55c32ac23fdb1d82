/**
 * Interrupts what a member of a group is waiting for.
 *
 * @module
 */
import { pause } from "../../shared/lifecycle.ts";

/** The reason why an operation was interrupted. */
export class Interruption extends Error {
  override readonly name = "Interruption";
}

/** Runs one operation at a time. An interruption rejects the current operation and the following ones until {@link clear}. */
export class Interrupter {
  #interruption: Interruption | undefined;
  #reject: ((reason: Interruption) => void) | undefined;

  /** Only the first interruption has an effect. */
  interrupt(reason: Interruption): void {
    this.#interruption ??= reason;
    this.#reject?.(reason);
  }

  clear(): void {
    this.#interruption = undefined;
  }

  /** The result of an operation. An interrupted operation continues in the background; its result is dropped. */
  async run<T>(start: () => Promise<T>): Promise<T> {
    if (this.#interruption) throw this.#interruption;
    const { promise, reject } = Promise.withResolvers<never>();
    this.#reject = reject;
    const operation = start();
    operation.catch(() => {});
    try {
      return await Promise.race([operation, promise]);
    } finally {
      this.#reject = undefined;
    }
  }

  /** Waits. @throws {Interruption} */
  async pause(ms: number): Promise<void> {
    const ended = new AbortController();
    try {
      await this.run(() => pause(ms, ended.signal));
    } finally {
      ended.abort();
    }
  }
}
