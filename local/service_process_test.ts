import assert from "assert";
import { formatLogLine } from "./service_process.ts";

Deno.test("formatLogLine() returns level and message when the line is JSON, else the line", () => {
  assert.equal(formatLogLine('{"time":"t","level":"error","event":"e","message":"No."}'), "ERROR No.");
  assert.equal(formatLogLine("error: Uncaught"), "error: Uncaught");
  assert.equal(formatLogLine('{"x":1}'), '{"x":1}');
  assert.equal(formatLogLine("7"), "7");
});
