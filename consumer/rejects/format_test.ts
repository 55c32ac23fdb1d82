import assert from "assert";
import { Buffer } from "node:buffer";
import type { RejectedRow } from "../../shared/schema/rejected_queries.ts";
import { formatCount, formatJson, formatText, readable } from "./format.ts";

const obeyed = "\x1b[2J\x9b\u202e\n\u2028\u{e0001}";
const row: RejectedRow = {
  topic: "routes",
  partition: 1,
  offset: "7",
  key: Buffer.from(obeyed),
  value: Buffer.from(obeyed),
  reason: `not JSON${obeyed}`,
  detail: `Unexpected token${obeyed}`,
  rejected_at: new Date(0),
};

Deno.test("formatText() prints nothing that a terminal obeys when a record has it in any column", () => {
  const text = formatText(row);
  assert.match(text, /Unexpected token\\u001b\[2J\\u009b\\u202e\\u000a\\u2028/);
  assert.equal(text.split("\n").length, 5);
  assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

Deno.test("formatCount() escapes control characters when a reason has some", () => {
  assert.equal(
    formatCount({ ...row, count: "3" }),
    `routes: 3 × not JSON\\u001b[2J\\u009b\\u202e\\u000a\\u2028\\udb40\\udc01`,
  );
});

Deno.test("formatJson() prints nothing that a terminal obeys, and what it prints is read as it was", () => {
  assert.doesNotMatch(formatJson(row), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.equal(JSON.parse(formatJson(row)).detail, row.detail);
});

Deno.test("readable() shows bytes as text, cut where they are many, and escapes what is no UTF-8", () => {
  assert.equal(readable(null), "NULL");
  assert.equal(readable(Uint8Array.of(0x61, 0xff, 0x62)), "a\\ufffdb");
  assert.equal(readable(new Uint8Array(200).fill(0x61)), `${"a".repeat(120)}… (200 bytes)`);
});
