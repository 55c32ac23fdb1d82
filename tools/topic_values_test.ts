import assert from "assert";
import fc from "fast-check";
import { createRowDecoder } from "../shared/codec/row_decoder.ts";
import { bindDeclaredTypes } from "../shared/schema/bind_stream.ts";
import { readStreamFile } from "../shared/stream_files/read_stream_file.ts";
import { RowBuffer } from "../shared/types/row_buffer.ts";
import { record } from "./record_fixture.ts";
import { streamFile, streamName } from "./stream_infer.ts";
import { TopicValues } from "./topic_values.ts";

/** The stream and the conflicts inferred from values, with the key of each. */
function infer(values: readonly unknown[], keys: readonly (string | null)[] = []) {
  const topic = new TopicValues();
  values.forEach((value, i) => topic.add(record(value, i, keys[i] ?? null)));
  const { name, text, conflicts } = streamFile("dev.test", "dev.", topic.infer());
  return { stream: readStreamFile(name, text, "test.json"), conflicts, text };
}

const typesOf = (values: readonly unknown[]) =>
  Object.fromEntries(
    infer(values).stream.columns.map((
      column,
    ) => [column.name, "epoch" in column ? column.epoch : column.type]),
  );

Deno.test("infer() chooses the most specific type that stores all values", () => {
  const A = {
    id: 1,
    userID: "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    day: "2026-01-02",
    at: "2026-01-02T03:04:05Z",
    local: "2026-01-02T03:04:05",
    amount: 12.5,
    level: 0.123456789,
    huge: "x",
    on: true,
    tags: ["a"],
    items: [{ a: 1 }],
    nested: {},
    created_at: 1_700_000_000_123,
    code: 1_700_000_000,
    none: null,
  };
  const values = [A, { ...A, at: null, amount: 1 }].map((value) => JSON.stringify(value));
  values.push(values[0]!.replace('"x"', '"y"').replace('"id":1', '"id":9223372036854775807'));
  assert.deepEqual(typesOf(values), {
    id: "bigint",
    user_id: "uuid",
    day: "date",
    at: "timestamptz",
    local: "timestamp",
    amount: "numeric",
    level: "double precision",
    huge: "text",
    on: "boolean",
    tags: "text[]",
    items: "jsonb",
    nested: "jsonb",
    created_at: "ms",
    code: "bigint",
    none: "jsonb",
  });
  assert.deepEqual(typesOf(['{"n":9223372036854775808}', '{"n":0.30000000000000000001}']), { n: "numeric" });
});

Deno.test("infer() lists conflicts", () => {
  const { conflicts, stream } = infer([
    { a: 1, userId: 1, day: "2026-01-01" },
    { a: "x", userID: 2, day: "2026-01-02" },
    { a: 2, userID: 2, day: "tomorrow" },
    null,
    "no JSON",
    "[1]",
    new Uint8Array([0xff]),
    '{"a":1,"a":2}',
  ]);
  assert.deepEqual(conflicts, [
    "1 records have no value (tombstones)",
    "1 records are text, but not JSON",
    "1 records are JSON, but not objects",
    "1 records are not UTF-8",
    "1 records have a name twice",
    '"userId", "userID": if they mean the same, keep one and write "aliases"',
    '"a": number in 2 records, string in 1 records; stored as jsonb',
    '"day": 2 of 3 texts are of the type date; stored as text',
  ]);
  assert.deepEqual(stream.columns.map(({ name }) => name), ["a", "user_id_1", "day", "user_id_2"]);
});

Deno.test("infer() finds the column whose value is the key, and removes the prefix of the topic", () => {
  const values = [{ a: 1, id: 7, b: "7" }, { a: 1, id: 8, b: "9" }];
  const { stream } = infer(values, ["7", "8"]);
  assert.deepEqual([stream.name, stream.key, stream.topic], ["test", "id", "test"]);
  assert.equal(infer(values, ["7", null]).stream.key, undefined);
});

Deno.test("infer() stores whole values with metadata when no record is an object", () => {
  const types = (values: unknown[]) => infer(values).stream.columns.at(-1);
  assert.deepEqual(types(["[1]", "2"]), { name: "value", type: "jsonb", path: [] });
  assert.deepEqual(types(["[1]", "x"]), { name: "value", type: "text", path: [] });
  assert.deepEqual(types(["x", new Uint8Array([0xff])]), { name: "value", type: "bytea", path: [] });
  assert.deepEqual(types([]), { name: "value", type: "jsonb", path: [] });
});

Deno.test("streamName() makes a legal name of any topic", () => {
  assert.deepEqual(["Orders.v1", "1__", "dev-x_Y"].map(streamName), ["orders-v1", "stream", "dev-x_y"]);
});

Deno.test("infer() writes a file that accepts the records it was inferred from", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }).map((each) => each.replaceAll("\0", "")),
    fc.constantFrom(
      "2026-01-02",
      "2026-01-02T03:04:05Z",
      "2026-01-02T03:04",
      "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    ),
  );
  const number = fc.oneof(
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.constantFrom("0", "1e3", "0.10", "1700000000", "-0.0", "1.5e300"),
  );
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text.map((each) => JSON.stringify(each)),
      number,
      fc.constantFrom("null", "true", "false"),
      fc.array(tie("value") as fc.Arbitrary<string>, { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
      fc.array(tie("value") as fc.Arbitrary<string>, { maxLength: 2 }).map((items) =>
        `{${items.map((item, i) => `"${"xy"[i]}":${item}`).join(",")}}`
      ),
    ),
  })).value as fc.Arbitrary<string>;
  const name = fc.oneof(
    fc.constantFrom(
      "a",
      "aB",
      "a_b",
      "a_b_1",
      "created_at",
      "1",
      "",
      "a/b~",
      "x".repeat(70),
      "__proto__",
      "constructor",
    ),
    text,
  );
  const object = fc.uniqueArray(fc.tuple(name, value), { maxLength: 6, selector: ([each]) => each })
    .map((members) => `{${members.map(([each, member]) => `${JSON.stringify(each)}:${member}`).join(",")}}`);
  fc.assert(
    fc.property(fc.array(object, { minLength: 1, maxLength: 4 }), (values) => {
      const { stream, text } = infer(values);
      const decode = createRowDecoder(bindDeclaredTypes(stream));
      for (const each of values) {
        const bytes = new TextEncoder().encode(each);
        const rejection = decode(bytes, 0, bytes.length, new RowBuffer(), record(each));
        assert.equal(rejection, undefined, `${rejection?.detail}\n${each}\n${text}`);
      }
    }),
    { numRuns: 200 },
  );
});
