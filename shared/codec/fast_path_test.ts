import { Buffer } from "node:buffer";
import assert from "assert";
import fc from "fast-check";
import { z } from "zod";
import { createSchemaGenerator } from "../generate/schema_generator.ts";
import { bindDeclaredTypes } from "../schema/bind_stream.ts";
import { listStreams } from "../streams.ts";
import type { Stream } from "../stream.ts";
import { RowBuffer } from "../types/row_buffer.ts";
import type { BoundStream, RecordMetadata } from "./bound_stream.ts";
import { createFastPath } from "./fast_path.ts";
import { GeneralPath } from "./general_path.ts";
import { TEST_STREAMS } from "./schemas_fixture.ts";
import { mutation, serialize, style } from "./serializations_fixture.ts";

const META: RecordMetadata = {
  topic: "topic",
  partition: 3,
  offset: 7,
  timestamp: 1_000,
  key: () => Buffer.from("key"),
  headers: () => [],
};

/** Compares the fast path with the general one. The value is surrounded by other bytes, which must be ignored. */
function createComparison(bound: BoundStream) {
  const general = new GeneralPath(bound);
  const fast = createFastPath(bound);
  if (!fast) return undefined;
  const rows = new RowBuffer(), expected = new RowBuffer();
  let accepted = 0, valid = 0;
  return {
    compare(value: Uint8Array) {
      const bytes = Buffer.concat([Buffer.from('{"a":1'), value, Buffer.from('1"}, ')]);
      const start = 6, end = 6 + value.length;
      rows.length = expected.length = 0;
      const isAccepted = value.length > 0 && fast.decode(bytes, start, end, rows, META);
      const rejection = general.decode(bytes, start, end, expected, META);
      if (!rejection) valid++;
      if (!isAccepted) return assert.equal(rows.length, 0);
      accepted++;
      const text = Buffer.from(value).toString();
      assert.equal(rejection, undefined, text);
      assert.equal(rows.written().toString("hex"), expected.written().toString("hex"), text);
    },
    /** Fraction of valid values that took the fast path. */
    rate: () => accepted / valid,
  };
}

/** @param minRate minimum fraction of valid records that must take the fast path; 0: the stream may have none */
function compareSerializations(stream: Stream, minRate: number) {
  const comparison = createComparison(bindDeclaredTypes(stream));
  if (!comparison) return assert.equal(minRate, 0);
  const { compare, rate } = comparison;
  let state = 0;
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const generate = createSchemaGenerator(stream, { random, keys: 100 });
  const records = fc.nat({ max: 2 ** 30 }).map((seed) => {
    state = seed;
    return generate(1.7e9 + seed);
  });
  // The layouts are learned from a few styles.
  const styles = fc.sample(style, 12);
  fc.assert(
    fc.property(records, fc.oneof(fc.constantFrom(...styles), style), mutation, (record, style, mutate) => {
      compare(mutate(serialize(record, style, stream.columns)));
    }),
    { numRuns: 2_000 },
  );
  assert.ok(rate() >= minRate, `only ${rate()} of the valid records took the fast path`);
}

for (const stream of TEST_STREAMS) {
  Deno.test(`createFastPath() decodes all known nodes and types (${stream.name}) as the schema does`, () => {
    compareSerializations(stream, 0.75);
  });
}

for (const stream of (await listStreams()).streams) {
  Deno.test(`createFastPath() decodes ${stream.name} as the schema does, in any serialization`, () => {
    compareSerializations(stream, 0);
  });
}

Deno.test("FastPath.decode() does not change a known layout when the memory of its record is used again", () => {
  const columns = ["a", "b"].map((name) => ({ name, type: "double precision", path: [name] }));
  const schema = z.object({ a: z.number(), b: z.number() });
  const fast = createFastPath(bindDeclaredTypes({ name: "test", schema, columns } as unknown as Stream))!;
  const memory = Buffer.from('{"a":1,"b":2}');
  const decode = () => {
    const rows = new RowBuffer();
    assert.ok(fast.decode(memory, 0, memory.length, rows, META));
    return [rows.written().readDoubleBE(6), rows.written().readDoubleBE(18)];
  };
  assert.deepEqual(decode(), [1, 2]);
  memory.write('{"b":1,"a":2}');
  assert.deepEqual(decode(), [2, 1]);
});

Deno.test("FastPath.decode() does not read beyond the memory when a record of a known layout is cut off there", () => {
  const columns = [{ name: "a", type: "double precision", path: ["a"] }];
  const schema = z.object({ a: z.number() });
  const fast = createFastPath(bindDeclaredTypes({ name: "test", schema, columns } as unknown as Stream))!;
  const record = new TextEncoder().encode('{"a":1.5,"device":"phone-7","accuracy":20}');
  const isDecoded = (bytes: Uint8Array) => fast.decode(bytes, 0, bytes.length, new RowBuffer(), META);
  for (let round = 0; round < 2; round++) {
    assert.ok(isDecoded(record));
    for (let length = 0; length < record.length; length++) {
      assert.ok(!isDecoded(Uint8Array.from(record.subarray(0, length))), `${length} bytes`);
    }
  }
});
