import assert from "assert";
import { readOptions } from "./options.ts";

Deno.test("readOptions() returns defaults when no flags are given", () => {
  const options = readOptions([]);
  assert.equal(options.records, 1_000_000);
  assert.deepEqual(options.parts, ["sink", "producer", "latency"]);
  assert.equal(options.report, undefined);
});

Deno.test("readOptions() reads lists, and --report with or without a file name", () => {
  assert.deepEqual(readOptions(["--rates", "1,20"]).rates, [1, 20]);
  assert.equal(readOptions(["--report"]).report, "artifacts/bench.html");
  assert.equal(readOptions(["--report=x.html"]).report, "x.html");
});

Deno.test("readOptions() names the flag when the flag or its value is invalid", () => {
  assert.throws(() => readOptions(["--records", "0"]), /--records: "0"/);
  assert.throws(() => readOptions(["--rates", "10,x"]), /--rates: "x"/);
  assert.throws(() => readOptions(["--parts", "sink,all"]), /--parts: "all"/);
  assert.throws(() => readOptions(["--rekords", "1"]), /rekords/);
});
