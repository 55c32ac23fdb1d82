import { Buffer } from "node:buffer";
import assert from "assert";
import type { RejectedRecord } from "../../shared/schema/rejected_records.ts";
import { RejectedWriter } from "./rejected_rows.ts";

const writer = new RejectedWriter();

/** Adds a record whose key and value are surrounded by other bytes. */
function add({ key, value, headers, reason, detail, ...at }: RejectedRecord): void {
  const bytes = Buffer.concat([
    Buffer.from("??"),
    key ?? Buffer.alloc(0),
    value ?? Buffer.alloc(0),
    Buffer.from("?"),
  ]);
  const place = {
    keyStart: 2,
    keyLength: key?.length ?? -1,
    valueStart: 2 + (key?.length ?? 0),
    valueLength: value?.length ?? -1,
    headers: () => headers,
  };
  writer.add(at, bytes, place, { reason: reason as "not JSON", detail });
}

const NULL = Buffer.alloc(4, 0xff);

const record = (more: Partial<RejectedRecord>): RejectedRecord => ({
  topic: "routes",
  partition: 3,
  offset: 2 ** 40 + 1,
  key: Buffer.from("k"),
  value: Buffer.of(0, 0xff),
  reason: "not JSON",
  detail: "Größe €",
  timestamp: 2 ** 40 + 2,
  headers: [],
  ...more,
});

Deno.test("RejectedWriter writes rows in the binary COPY format", () => {
  add(record({}));
  const headers = [[Buffer.from("h"), Buffer.of(0xff)], [Buffer.from("h"), null]] as const;
  add(record({ key: null, value: Buffer.alloc(0), detail: "", timestamp: -1, headers }));
  const int = (value: number) => Buffer.from([0, 0, 0, value]);
  const field = (bytes: Buffer | string) => [int(Buffer.from(bytes).length), Buffer.from(bytes)];
  const place = [...field("routes"), ...field(int(3)), ...field(Buffer.of(0, 0, 1, 0, 0, 0, 0, 1))];
  const expected = [
    ...[Buffer.of(0, 9), ...place, ...field("k"), ...field(Buffer.of(0, 0xff))],
    ...[...field("not JSON"), ...field("Größe €"), ...field(Buffer.of(0, 0, 1, 0, 0, 0, 0, 2))],
    ...field(Buffer.concat([int(0), int(0), int(17)])),
    ...[Buffer.of(0, 9), ...place, NULL, int(0), ...field("not JSON"), ...field(""), NULL],
    ...field(Buffer.concat([
      ...[int(2), int(0), int(17), int(2), int(1), int(2), int(1)],
      ...[...field("h"), ...field(Buffer.of(0xff)), ...field("h"), NULL],
    ])),
  ];
  assert.deepEqual(Buffer.from(writer.flush().rows), Buffer.concat(expected));
});

Deno.test("RejectedRows returns the added records, also after the buffer grew and was flushed", () => {
  const long = Buffer.alloc(1_000, "v");
  const records = Array.from({ length: 500 }, (_, n) =>
    record({
      offset: n,
      key: n % 3 === 0 ? null : Buffer.from(`key ${n}`),
      value: n % 5 === 0 ? null : n % 7 === 0 ? long : Buffer.alloc(n % 4),
      detail: n % 2 === 0 ? "ASCII" : "ü",
      timestamp: n % 11 === 0 ? -1 : n * 2 ** 33,
      headers: Array.from({ length: n % 4 }, (_, h) => [
        Buffer.alloc(h, 0xff),
        n % 3 === 0 ? null : n % 7 === 0 ? long : Buffer.alloc(h),
      ]),
    }));
  records.forEach(add);
  const rows = writer.flush();
  assert.equal(rows.count, 500);
  assert.deepEqual([...rows], records);
  assert.equal(writer.flush().count, 0);
  add(record({ offset: 500 }));
  assert.deepEqual([...writer.flush()], [record({ offset: 500 })]);
  // Flushed rows are not overwritten.
  assert.deepEqual([...rows], records);
});

Deno.test("RejectedRows.between() and concat() split and join rows", () => {
  const records = [2, 3, 5, 8].map((offset) => record({ offset }));
  records.forEach(add);
  const rows = writer.flush();
  const offsets = (from: number, to: number) => Array.from(rows.between(from, to), ({ offset }) => offset);
  assert.deepEqual([offsets(0, 3), offsets(3, 8), offsets(8, 9), offsets(9, 10)], [[2], [3, 5], [8], []]);
  assert.deepEqual([...rows.between(0, 5).concat(rows.between(5, 9))], records);
  assert.equal(rows.between(3, 8).count, 2);
  assert.deepEqual(JSON.parse(JSON.stringify(rows.between(8, 9))), [
    { offset: 8, reason: "not JSON", detail: "Größe €" },
  ]);
});

Deno.test("RejectedRows.originalColumns() omits the added columns when the table of a previous version lacks them", () => {
  const headers = [[Buffer.from("name"), null]] as const;
  for (const offset of [1, 2]) add(record({ offset, headers, key: null }));
  const rows = writer.flush();
  const pieces = [rows.between(1, 2), rows.between(2, 3)].map((row) => {
    // Two fields: a BIGINT, and an array of two dimensions with a name of four bytes.
    const added = 4 + 8 + 4 + 12 + 16 + 8 + 4;
    return Buffer.concat([Buffer.of(0, 7), row.rows.subarray(2, row.rows.length - added)]);
  });
  assert.deepEqual(rows.originalColumns(), Buffer.concat(pieces));
});

Deno.test("RejectedRows.toAscii() keeps timestamp and headers when it escapes details", () => {
  add(record({ headers: [[Buffer.of(0xff), Buffer.from("Größe")]], timestamp: 2 ** 63 }));
  const [escaped] = writer.flush().toAscii();
  assert.deepEqual(escaped, {
    ...record({ detail: "Gr\\u00f6\\u00dfe \\u20ac", headers: [[Buffer.of(0xff), Buffer.from("Größe")]] }),
    // The largest number that a BIGINT can hold.
    timestamp: 2 ** 63 - 1024,
  });
});

Deno.test("RejectedRows.countByReason() counts the records of each reason when key and value are empty or null", () => {
  add(record({}));
  add(record({ reason: "invalid record", key: null }));
  add(record({ value: null, detail: "" }));
  assert.deepEqual([...writer.flush().countByReason()], [["not JSON", 2], ["invalid record", 1]]);
  assert.deepEqual([...writer.flush().countByReason()], []);
});
