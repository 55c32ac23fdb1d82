import assert from "assert";
import { count, moment, rate, seconds, shortSeconds } from "./format.ts";

Deno.test("count() is whole when small, and short when large", () => {
  assert.deepEqual([0, 9_999, 12_345, 1_234_567, 50_000_000].map(count), [
    "0",
    "9,999",
    "12.3 k",
    "1.23 M",
    "50.0 M",
  ]);
});

Deno.test("rate() has a decimal when it is small", () => {
  assert.deepEqual([0, 0.25, 12.5].map(rate), ["0", "0.3", "13"]);
});

Deno.test("seconds() chooses the unit that suits", () => {
  assert.deepEqual([0.0012, 0.25, 2.5, 300].map(seconds), [["1.2", "ms"], ["250", "ms"], ["2.50", "s"], [
    "5.00",
    "min",
  ]]);
  assert.equal(shortSeconds(2), "2 s");
});

Deno.test("moment() is the bare number when no calendar has that time", () => {
  assert.equal(moment(1e300), "1e+300");
  assert.match(moment(1_700_000_000), /2023/);
});
