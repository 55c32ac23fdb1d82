/**
 * Standard output of commands: rejects, doctor, `--help`.
 *
 * @module
 */
import { EXIT, messageOf, TransientError } from "../errors.ts";
import { pause } from "../lifecycle.ts";
import { BUSY_RETRY_MS, type ByteSink, writeSome } from "./byte_sink.ts";

/** Prints lines until the reader closes the output, as `| head -1` does; later lines are discarded. */
export class CommandOutput {
  #isClosed = false;

  constructor(private readonly sink: ByteSink = Deno.stdout) {}

  /** Whether the reader has closed the output. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The exit code of a command that would end with `code`: {@link EXIT.outputClosed} if not all of its output was read. */
  exitCode(code: number): number {
    return this.#isClosed ? EXIT.outputClosed : code;
  }

  /**
   * Prints a line, or several with line feeds in between.
   *
   * @throws {TransientError} if the output cannot be written for any reason other than a closed reader, such as a full disk
   */
  async print(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(`${text}\n`);
    for (let done = 0; done < bytes.length && !this.#isClosed;) {
      try {
        done += await writeSome(this.sink, bytes.subarray(done));
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) this.#isClosed = true;
        else if (error instanceof Deno.errors.WouldBlock) await pause(BUSY_RETRY_MS);
        else {
          const failure = {
            action: "Cannot write to the standard output",
            code: "OUTPUT_WRITE_FAILED",
            cause: messageOf(error),
            remedy: "",
          };
          throw new TransientError(failure, "output", { cause: error });
        }
      }
    }
  }
}
