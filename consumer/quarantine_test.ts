import { Buffer } from "node:buffer";
import assert from "assert";
import { type Quarantined, quarantineRows } from "./quarantine.ts";

/** Reads rows of a binary COPY back: for each its fields, null where a length of −1 stands. */
function fieldsOf(rows: Uint8Array): (string | null)[][] {
  const bytes = Buffer.from(rows);
  const found: (string | null)[][] = [];
  for (let at = 0; at < bytes.length;) {
    const count = bytes.readInt16BE(at);
    at += 2;
    found.push(Array.from({ length: count }, () => {
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length < 0) return null;
      return bytes.toString("latin1", at, at += length);
    }));
  }
  return found;
}

const record = (more: Partial<Quarantined>): Quarantined => ({
  topic: "routes",
  partition: 3,
  offset: 2 ** 40 + 1,
  key: Buffer.from("k"),
  value: Buffer.of(0, 0xff),
  reason: "not JSON",
  detail: "Größe €",
  ...more,
});

Deno.test("quarantineRows() writes a row for each record, whatever is null, empty or not ASCII", () => {
  const detail = Buffer.from("Größe €").toString("latin1");
  assert.deepEqual(
    fieldsOf(
      quarantineRows([record({}), record({ key: null, value: null }), record({ value: Buffer.alloc(0) })]),
    ),
    [
      ["routes", "\0\0\0\x03", "\0\0\x01\0\0\0\0\x01", "k", "\0\xff", "not JSON", detail],
      ["routes", "\0\0\0\x03", "\0\0\x01\0\0\0\0\x01", null, null, "not JSON", detail],
      ["routes", "\0\0\0\x03", "\0\0\x01\0\0\0\0\x01", "k", "", "not JSON", detail],
    ],
  );
});
