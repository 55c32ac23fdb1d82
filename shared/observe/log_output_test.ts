import assert from "assert";
import type { ByteSink } from "./byte_sink.ts";
import { droppedLogLines, LogOutput } from "./log_output.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A sink that takes at most `most` bytes at a time, fails as often as `errors` has elements, and waits for `open` before each write. */
class Sink implements ByteSink {
  written = "";
  open: Promise<void> = Promise.resolve();
  constructor(private readonly most: number, private readonly errors: Error[] = []) {}
  async write(bytes: Uint8Array): Promise<number> {
    await this.open;
    const error = this.errors.shift();
    if (error) throw error;
    const taken = bytes.subarray(0, this.most);
    this.written += text(taken);
    return taken.length;
  }
}

Deno.test("LogOutput.write() keeps the order of lines when the output accepts them in parts, is full or fails", async () => {
  const sink = new Sink(3, [new Deno.errors.WouldBlock(), new Error("ENOSPC")]);
  const output = new LogOutput(sink, () => assert.fail("nothing was dropped"));
  const lines = Array.from({ length: 50 }, (_, n) => `line ${n}\n`);
  for (const line of lines) output.write(line, "info");
  assert.equal(await output.close(10_000), "");
  assert.equal(sink.written, lines.join(""));
});

Deno.test("LogOutput.write() drops lines beyond 1 MiB except errors, and reports their number", async () => {
  const sink = new Sink(Infinity);
  const { promise, resolve } = Promise.withResolvers<void>();
  sink.open = promise;
  const output: LogOutput = new LogOutput(sink, (count) => output.write(`dropped ${count}\n`, "warn"));
  const before = droppedLogLines();
  const line = `${"x".repeat(1023)}\n`;
  for (let n = 0; n < 1500; n++) output.write(line, "info");
  output.write("short\n", "info");
  output.write("reason\n", "error");
  const kept = (1024 - 64) * 1024 / line.length;
  assert.equal(droppedLogLines() - before, 1501 - kept);
  resolve();
  while (sink.written.length < kept * line.length) await new Promise((done) => setTimeout(done));
  output.write("later\n", "info");
  assert.equal(await output.close(10_000), "");
  const [first, ...rest] = sink.written.replaceAll(line, "").split("\n");
  assert.equal(sink.written.length - sink.written.replaceAll(line, "").length, kept * line.length);
  assert.deepEqual([first, ...rest].sort(), ["", `dropped ${1501 - kept}`, "later", "reason"].sort());
  assert(sink.written.endsWith("later\n"));
});

Deno.test("LogOutput.close() returns the errors that were not written, after its timeout", async () => {
  const sink = new Sink(Infinity);
  sink.open = new Promise(() => {});
  const output = new LogOutput(sink, () => {});
  output.write("a\n", "info");
  output.write("b\n", "error");
  output.write("c\n", "error");
  const start = performance.now();
  assert.equal(await output.close(50), "b\nc\n");
  assert(performance.now() - start < 2_000);
});
