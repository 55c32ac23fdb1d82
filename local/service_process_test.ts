import assert from "assert";
import { readable } from "./service_process.ts";

Deno.test("readable() gives level and message of a JSON line, and any other line as it is", () => {
  assert.equal(readable('{"time":"t","level":"error","event":"e","message":"No."}'), "ERROR No.");
  assert.equal(readable("error: Uncaught"), "error: Uncaught");
  assert.equal(readable('{"x":1}'), '{"x":1}');
  assert.equal(readable("7"), "7");
});
