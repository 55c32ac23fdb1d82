import assert from "assert";
import fc from "fast-check";
import { z } from "zod";
import { bindDeclaredTypes } from "../schema/bind_stream.ts";
import type { Stream } from "../stream.ts";
import { RowBuffer } from "../types/row_buffer.ts";
import { isDeeperThan, MAX_DEPTH } from "./invalid_json.ts";
import { reject } from "./rejection.ts";
import { createRowDecoder } from "./row_decoder.ts";

const schema = z.object({
  id: z.number({ error: "id is missing or not a number" }).int({ error: "id is not a whole number" }).min(0, {
    error: "id is below 0",
  }),
  at: z.number().min(0),
  place: z.tuple([z.number().min(-90).max(90), z.number()], {
    error: "place is not an array of two numbers",
  }),
});
const bound = bindDeclaredTypes({
  name: "places",
  schema,
  columns: [
    { name: "id", type: "integer", path: ["id"], aliases: ["ID"] },
    { name: "at", type: "double precision", path: ["at"] },
    { name: "latitude", type: "double precision", path: ["place", 0] },
    { name: "longitude", type: "double precision", path: ["place", 1] },
  ],
} as unknown as Stream);
const decodeRow = createRowDecoder(bound);
const META = { topic: "t", partition: 0, offset: 0, timestamp: 0, key: () => null, headers: () => [] };
const encode = (text: string) => new TextEncoder().encode(text);

/** The numbers of a valid value, or the rejection. */
function decode(value: Uint8Array | string) {
  const bytes = typeof value === "string" ? encode(value) : value;
  const rows = new RowBuffer();
  const rejection = decodeRow(bytes, 0, bytes.length, rows, META);
  if (rejection) return rejection;
  const row = rows.written();
  return [row.readInt32BE(6), row.readDoubleBE(14), row.readDoubleBE(26), row.readDoubleBE(38)];
}
const reasonOf = (value: Uint8Array | string) => (decode(value) as { reason?: string }).reason;

Deno.test("createRowDecoder() accepts a record when another program serialized it", () => {
  for (
    const text of [
      '{"ID":3,"at":1.5,"place":[48.8,2.3]}',
      '{"at": 1.5, "place": [48.8, 2.3], "id": 3}',
      '{"id":3.0,"at":15e-1,"place":[48.8,2.3],"extra":{"a":[1,2,{"id":9}]}}',
      '{"id":3,"ID":"ignored","at":1.5,"place":[48.8,2.3]}',
      '{"\\u0069d":3,"at":1.5,"place":[48.8,2.3]}',
      ' {"id":3,"at":1.5,"place":[48.8,2.3],"note":"\\ud800 \\"id\\": 4"}\n',
    ]
  ) assert.deepEqual(decode(text), [3, 1.5, 48.8, 2.3], text);
});

Deno.test("createRowDecoder() returns the schema's messages when a record is invalid", () => {
  const record = { id: 3, at: 1.5, place: [48.8, 2.3] };
  for (
    const [value, detail] of [
      [{ ...record, id: "3" }, "id is missing or not a number"],
      [{ id: -1, at: -1, place: record.place }, "id is below 0; at: Too small: expected number to be >=0"],
      [{ ...record, at: null }, "at: Invalid input: expected number, received null"],
      [{ ...record, place: [91, 0] }, "place[0]: Too big: expected number to be <=90"],
      [{ ...record, place: [1] }, "place is not an array of two numbers"],
      [{ ...record, id: 2 ** 31 }, "column id: out of range for integer: 2147483648"],
      [[record], "Invalid input: expected object, received array"],
    ] as const
  ) assert.deepEqual(decode(JSON.stringify(value)), { reason: "invalid record", detail });
});

const REST = '"at":1,"place":[1,2]';
const REJECTED: Record<string, [value: Uint8Array | string, reason: string]> = {
  "empty": ["", "empty value"],
  "not UTF-8": [Uint8Array.of(0x7b, 0xff, 0x7d), "not UTF-8"],
  "a byte order mark": [`\uFEFF{"id":3,${REST}}`, "not JSON"],
  "not JSON": ["hello", "not JSON"],
  "followed by a NUL character": [`{"id":3,${REST}}\0`, "not JSON"],
  "a megabyte": ["x".repeat(1_048_576), "not JSON"],
  "a JSON null": ["null", "invalid record"],
  "1e400": [`{"id":3,"at":1e400,"place":[1,2]}`, "invalid record"],
  "three coordinates": ['{"id":3,"at":1,"place":[1,2,3]}', "invalid record"],
  "duplicate names": [`{"id":3,"id":4,${REST}}`, "duplicate name"],
  "escaped duplicate names": [`{"id":3,"\\u0069d":4,${REST}}`, "duplicate name"],
  "duplicate names of an invalid record": [`{"id":3,"id":4}`, "duplicate name"],
  "duplicate names of unknown members": [`{"id":3,${REST},"a":1,"b":2,"a":3}`, "duplicate name"],
  "escaped duplicate names of unknown members": [`{"id":3,${REST},"a":1,"\\u0061":2}`, "duplicate name"],
  "nested a level too deep": [
    `{"id":3,${REST},"x":${"[".repeat(100)}${"]".repeat(100)}}`,
    "nested too deep",
  ],
  "not UTF-8 in an unknown member": [
    Uint8Array.from([...encode(`{"id":3,${REST},"x":"`), 0xed, 0xa0, 0x80, ...encode('"}')]),
    "not UTF-8",
  ],
  "a control character in an unknown member": [`{"id":3,${REST},"x":"\n"}`, "not JSON"],
  "nested deeply": ["[".repeat(100_000) + "]".repeat(100_000), "nested too deep"],
  "a prototype": [`{"__proto__":{"id":3,${REST}}}`, "invalid record"],
};

for (const [name, [value, reason]] of Object.entries(REJECTED)) {
  Deno.test(`createRowDecoder() rejects the value when it is ${name}`, () => {
    assert.equal(reasonOf(value), reason);
  });
}

Deno.test("createRowDecoder() accepts a record when it is nested as deep as allowed, wherever that is", () => {
  for (
    const [before, depth] of [[`{"id":3,${REST},"x":`, MAX_DEPTH - 1], ['{"x":', MAX_DEPTH - 1]] as const
  ) {
    const rest = before.includes("id") ? "" : `,"id":3,${REST}`;
    const value = (levels: number) => `${before}${"[".repeat(levels)}${"]".repeat(levels)}${rest}}`;
    assert.ok(Array.isArray(decode(value(depth))));
    assert.equal(reasonOf(value(depth + 1)), "nested too deep");
    assert.ok(isDeeperThan(encode(value(depth + 1)), 0, 1_000, MAX_DEPTH));
  }
});

Deno.test("createRowDecoder() names the offending byte when the value is not JSON", () => {
  const detail = (text: string) => (decode(text) as { detail: string }).detail;
  assert.equal(detail("<p>"), 'Unexpected "<" at byte 0 of 3.');
  assert.equal(detail('{"é":1}"'), 'Unexpected "\\"" at byte 8 of 9.');
  assert.equal(detail('{"a":😀}'), 'Unexpected "😀" at byte 5 of 10.');
  assert.equal(detail(' {"a":[1,2'), "The value ends after 10 bytes, before it is complete.");
  assert.equal(detail('{"a":\uFEFF1}'), 'Unexpected "\\ufeff" at byte 5 of 10.');
  assert.equal(detail("  "), "The value ends after 2 bytes, before it is complete.");
});

Deno.test("createRowDecoder() ignores bytes after the end when the value is cut off within a character", () => {
  assert.deepEqual(decodeRow(encode('{"é":1}'), 0, 3, new RowBuffer(), META), {
    reason: "not UTF-8",
    detail: "The value is not UTF-8 text.",
  });
});

Deno.test("createRowDecoder() never throws when the value is arbitrary", () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array(), fc.json().map(encode)), (value) => void decode(value)), {
    numRuns: 5_000,
  });
});

Deno.test("reject() returns a detail that PostgreSQL can store when the message has NUL, a lone surrogate or is long", () => {
  for (const text of ["x".repeat(10_000), "\0".repeat(10_000), "🎉".repeat(10_000)]) {
    const { detail } = reject("not JSON", `\0\ud800${text}`);
    assert.ok(!detail.includes("\0") && detail.isWellFormed() && detail.length < 600);
  }
});

Deno.test("reject() returns a detail without control characters when the value has escape sequences", () => {
  const controls = "\x1b[2J\x9b\u202e\n\u2028";
  const name = JSON.stringify(controls);
  const details = [...controls, `{"id":3,${REST},${name}:1,${name}:2}`].map((value) =>
    (decode(value) as { detail: string }).detail
  );
  for (const detail of details) assert.doesNotMatch(detail, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.match(details.at(-1)!, /\\u001b\[2J\\u009b\\u202e.*\\u2028/);
  assert.equal(details[0], 'Unexpected "\\u001b" at byte 0 of 1.');
});
