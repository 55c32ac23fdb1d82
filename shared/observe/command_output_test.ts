import assert from "assert";
import { TransientError } from "../errors.ts";
import { CommandOutput } from "./command_output.ts";

/** An output whose writes return or throw `results` one after another, and then accept all bytes. */
function sink(...results: (number | Error)[]) {
  const written: string[] = [];
  return {
    written,
    write: (bytes: Uint8Array) => {
      const result = results.shift() ?? bytes.length;
      if (result instanceof Error) return Promise.reject(result);
      written.push(new TextDecoder().decode(bytes.subarray(0, result)));
      return Promise.resolve(result);
    },
  };
}

Deno.test("CommandOutput.print() writes the whole line when the output accepts it in parts or is full", async () => {
  const to = sink(2, new Deno.errors.WouldBlock(), 1);
  const output = new CommandOutput(to);
  await output.print("hello");
  assert.deepEqual([to.written.join(""), output.exitCode(0)], ["hello\n", 0]);
});

Deno.test("CommandOutput.print() discards lines and exitCode() is 141 when the reader closed the output", async () => {
  const to = sink(new Deno.errors.BrokenPipe());
  const output = new CommandOutput(to);
  await output.print("a");
  await output.print("b");
  assert.deepEqual([to.written, output.isClosed, output.exitCode(0)], [[], true, 141]);
});

Deno.test("CommandOutput.print() throws a TransientError with the cause when the output cannot be written", async () => {
  await assert.rejects(
    new CommandOutput(sink(new Error("No space left on device"))).print("a"),
    (error) =>
      error instanceof TransientError &&
      error.message === "Cannot write to the standard output: No space left on device.",
  );
});
