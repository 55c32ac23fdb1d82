import assert from "assert";
import { formatLogLine } from "./service_process.ts";

Deno.test("readable() gives level and message of a JSON line, and any other line as it is", () => {
  assert.equal(formatLogLine('{"time":"t","level":"error","event":"e","message":"No."}'), "ERROR No.");
  assert.equal(formatLogLine("error: Uncaught"), "error: Uncaught");
  assert.equal(formatLogLine('{"x":1}'), '{"x":1}');
  assert.equal(formatLogLine("7"), "7");
});
