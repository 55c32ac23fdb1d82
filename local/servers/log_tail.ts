import type { Readable } from "node:stream";

/** Keeps the last lines of streams. */
export class LogTail {
  readonly #limit: number;
  #lines: string[] = [];

  /** @param limit lines to keep */
  constructor(limit = 200) {
    this.#limit = limit;
  }

  /** Appends a stream of text. */
  follow(stream: Readable): void {
    let rest = "";
    stream.on("data", (chunk: string | Uint8Array) => {
      const lines = (rest + (typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk))).split(
        "\n",
      );
      rest = lines.pop() ?? "";
      this.#lines = [...this.#lines, ...lines].slice(-this.#limit);
    });
  }

  /** The last lines, at most `count`. */
  end(count = this.#limit): string {
    return this.#lines.slice(-count).join("\n");
  }
}
