import assert from "assert";
import {
  compareKeys,
  formatColumnTime,
  formatCount,
  formatRate,
  formatSeconds,
  formatTimeRange,
  formatTimestamp,
  keyNoun,
  plural,
} from "./format.ts";

Deno.test("formatCount() abbreviates a number when it is 10,000 or more", () => {
  assert.deepEqual([0, 9_999, 12_345, 1_234_567, 50_000_000].map(formatCount), [
    "0",
    "9,999",
    "12.3 k",
    "1.23 M",
    "50.0 M",
  ]);
});

Deno.test("formatRate() has a decimal when the rate is below 10", () => {
  assert.deepEqual([0, 0.25, 12.5].map(formatRate), ["0", "0.3", "13"]);
});

Deno.test("formatSeconds() uses ms, s or min by size", () => {
  assert.deepEqual([0.0012, 0.25, 2.5, 300].map(formatSeconds), [
    ["1.2", "ms"],
    ["250", "ms"],
    ["2.50", "s"],
    [
      "5.00",
      "min",
    ],
  ]);
});

Deno.test("formatTimestamp() is a number when the timestamp is after the year 9999", () => {
  assert.equal(formatTimestamp(1e300), "1e+300");
  assert.match(formatTimestamp(1_700_000_000), /2023/);
});

Deno.test("keyNoun() and plural() name the keys of a column", () => {
  assert.deepEqual(["user_id", "station", "order_item_id", undefined].map(keyNoun), [
    "User",
    "Station",
    "Order item",
    "Row",
  ]);
  assert.deepEqual([plural(1, "User"), plural(2_500, "City"), plural(2, "Key")], [
    "1 user",
    "2,500 cities",
    "2 keys",
  ]);
  assert.deepEqual(["10", "9", "b", "a2", "a10"].sort(compareKeys), ["9", "10", "a2", "a10", "b"]);
});

Deno.test("formatColumnTime() shows dates and times without a time zone as the column has them", () => {
  const noon = Date.UTC(2026, 10, 27, 12, 30, 5) / 1000;
  assert.match(formatColumnTime(noon, "local"), /27.*12:30:05/);
  assert.doesNotMatch(formatColumnTime(Date.UTC(1900, 0, 2) / 1000, "date"), /:/);
  assert.match(formatColumnTime(Date.UTC(1900, 0, 2) / 1000, "date"), /1900/);
  assert.equal(formatColumnTime(1e300, "instant"), "1e+300");
  assert.deepEqual(formatTimeRange(noon, noon + 1, "local"), ["12:30:05", "12:30:06"]);
  assert.ok(formatTimeRange(noon, noon + 86_400, "local").every((text) => text.includes("2026")));
});

Deno.test("formatSeconds() and formatCount() write no exponent when a number is rounded up to the next power of ten", () => {
  assert.deepEqual([0.0997, 0.9997, 90_000].map(formatSeconds), [
    ["100", "ms"],
    ["1,000", "ms"],
    ["1,500", "min"],
  ]);
  assert.equal(formatCount(999_900), "1,000 k");
});
