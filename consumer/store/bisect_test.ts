import { Buffer } from "node:buffer";
import assert from "assert";
import { loadStreams } from "../../shared/streams.ts";
import { emptySegment } from "../decode/segment.ts";
import { nextPieceSize, toRejected } from "./bisect.ts";

const [routes] = await loadStreams(["routes"]);

Deno.test("toRejected() turns the only row of a segment into a rejected record", () => {
  const headers = [[Buffer.from("name"), null]] as const;
  const record = {
    ...{ offset: 10, key: Buffer.from("key"), value: Buffer.from("value"), rowStart: 0 },
    ...{ timestamp: 1_700_000_000_000, headers: () => headers },
  };
  const segment = {
    ...emptySegment(routes!, 0, 10, 11),
    rows: new Uint8Array(46),
    rowCount: 1,
    records: () => [record],
  };
  const rejected = toRejected(segment, new Error('violates check constraint "north"'));
  assert.deepEqual([rejected.rows.length, rejected.rowCount, rejected.records()], [0, 0, []]);
  assert.deepEqual([rejected.from, rejected.to], [10, 11]);
  const [only] = rejected.rejected;
  assert.match(only!.detail, /north/);
  assert.deepEqual([only!.timestamp, only!.headers], [1_700_000_000_000, headers]);
  assert.deepEqual([only!.offset, String(only!.key), String(only!.value)], [10, "key", "value"]);
});

Deno.test("nextPieceSize() returns the rows before the one that the error names, or half of them if it names none", () => {
  const at = (line: number) => Object.assign(new Error(), { where: `COPY routes_table, line ${line}` });
  assert.equal(nextPieceSize(at(8), 100), 7);
  assert.equal(nextPieceSize(at(1), 100), 1);
  assert.equal(nextPieceSize(new Error(), 100), 50);
  assert.equal(nextPieceSize(at(200), 100), 50);
});
