import assert from "assert";
import { Buffer } from "node:buffer";
import type { Stream } from "../../shared/stream.ts";
import type { RejectedRow } from "../../shared/schema/rejected_queries.ts";
import { formatCount, formatJson, formatReplayed, formatText, readable } from "./format.ts";

const controls = "\x1b[2J\x9b\u202e\n\u2028\u{e0001}";
const row: RejectedRow = {
  topic: "routes",
  partition: 1,
  offset: "7",
  key: Buffer.from(controls),
  value: Buffer.from(controls),
  reason: `not JSON${controls}`,
  detail: `Unexpected token${controls}`,
  rejected_at: new Date(0),
  timestamp_ms: "1700000000000",
  headers: [[Buffer.from(controls), Buffer.of(0, 0xff)], [Buffer.from("none"), null]],
};

Deno.test("formatText() escapes control characters when any column has some", () => {
  const text = formatText(row);
  assert.match(text, /Unexpected token\\u001b\[2J\\u009b\\u202e\\u000a\\u2028/);
  assert.equal(text.split("\n").length, 8);
  assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

Deno.test("formatCount() escapes control characters when a reason has some", () => {
  assert.equal(
    formatCount({ ...row, count: "3" }),
    `routes: 3 × not JSON\\u001b[2J\\u009b\\u202e\\u000a\\u2028\\udb40\\udc01`,
  );
});

Deno.test("formatJson() escapes control characters and parses to the original", () => {
  assert.doesNotMatch(formatJson(row), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  const { detail, timestamp_ms, headers } = JSON.parse(formatJson(row));
  assert.deepEqual([detail, timestamp_ms], [row.detail, 1_700_000_000_000]);
  assert.deepEqual(headers, [{ name: controls, value: "AP8=" }, { name: "none", value: null }]);
});

Deno.test("formatText() and formatJson() print the timestamp and the headers when the record has them", () => {
  const text = formatText({ ...row, headers: [[Buffer.from("trace"), Buffer.from("00-1")]] });
  assert.match(text, /^ {2}time {2}2023-11-14T22:13:20\.000Z\n {2}header trace: 00-1\n {2}key/m);
  assert.match(
    formatText({ ...row, timestamp_ms: "1700000000000000000" }),
    /time {2}1700000000000000000 ms$/m,
  );
  const unknown = { ...row, timestamp_ms: null, headers: null };
  assert.doesNotMatch(formatText(unknown), /^ {2}(?:time|header)/m);
  const { timestamp_ms, headers } = JSON.parse(formatJson(unknown));
  assert.deepEqual([timestamp_ms, headers], [null, null]);
});

Deno.test("readable() prints text, truncates long values and escapes invalid UTF-8", () => {
  assert.equal(readable(null), "NULL");
  assert.equal(readable(Uint8Array.of(0x61, 0xff, 0x62)), "a\\ufffdb");
  assert.equal(readable(new Uint8Array(200).fill(0x61)), `${"a".repeat(120)}… (200 bytes)`);
});

Deno.test("formatReplayed() names the skipped records when there are any", () => {
  const stream = { topic: "orders", table: "sales.orders" } as Stream;
  const moved = "orders: moved 3 records into sales.orders; 1 are still rejected.";
  const counts = { moved: 3, kept: 1, newer: 0, absent: 0 };
  assert.equal(formatReplayed(stream, counts), moved);
  assert.equal(formatReplayed(stream, { ...counts, newer: 2 }), `${moved} Skipped 2 whose row is newer.`);
  assert.match(
    formatReplayed(stream, { ...counts, absent: 2 }),
    /Skipped 2 .* absent .* --restore inserts them\.$/,
  );
});
