import assert from "assert";
import fc from "fast-check";
import { fieldValue, type Stream } from "../stream.ts";
import { loadStreams } from "../streams.ts";
import { createDecoder, createInPlaceDecoder } from "./decoder.ts";
import { reject } from "./rejection.ts";
import { createEncoder } from "./encoder.ts";
import { createFastPathReader } from "./fast_path_reader.ts";
import { nearlyFastPath } from "./arbitraries_fixture.ts";

const streams = await loadStreams(["routes", "battery"]);
const [routes] = streams;
const bytes = (text: string) => new TextEncoder().encode(text);
const decode = (value: Uint8Array | null, stream: Stream = routes!) => {
  const row = new Float64Array(stream.fields.length);
  const rejection = createDecoder(stream)(value, row);
  return rejection ? rejection.reason : [...row];
};

for (const stream of streams) {
  Deno.test(`createFastPathReader() accepts a ${stream.name} value only when the schema does, with the same numbers`, () => {
    const row = new Float64Array(stream.fields.length);
    let accepted = 0;
    fc.assert(
      fc.property(nearlyFastPath(stream), (text) => {
        // Surrounded by other bytes, which must be ignored.
        const whole = bytes(`{"userID":1${text}1}`);
        if (!createFastPathReader(stream)(whole, 11, whole.length - 2, row)) return;
        accepted++;
        const record = stream.schema.parse(JSON.parse(text));
        stream.fields.forEach((field, f) => assert.ok(Object.is(row[f], fieldValue(record, field)), text));
      }),
      { numRuns: 20_000 },
    );
    assert.ok(accepted > 100, `only ${accepted} values took the fast path`);
  });

  Deno.test(`createDecoder() decodes a ${stream.name} record bit for bit when createEncoder() encoded it`, () => {
    // JSON.stringify() writes -0 as 0.
    const double = (min: number, max: number) =>
      fc.double({ min, max, noNaN: true }).map((value) => value + 0);
    const numbers = fc.tuple(
      ...stream.fields.map(({ type, min, max }) =>
        type === "INT" ? fc.integer({ min, max }) : double(min, max)
      ),
    );
    const template = createEncoder()(
      stream.generate!.uniform({ userID: 0, timestamp: 0, random: () => 0.5 }),
    );
    fc.assert(fc.property(numbers, (values) => {
      let n = 0;
      const record: unknown = JSON.parse(template, (_, v) => typeof v === "number" ? values[n++] : v);
      assert.deepEqual(decode(bytes(createEncoder()(record)), stream), values);
    }));
  });

  Deno.test(`the ${stream.name} generators create valid records`, () => {
    const row = new Float64Array(stream.fields.length);
    let last: unknown;
    for (let n = 0; n < 2_000; n++) {
      const moment = { userID: 7, timestamp: 1.7e9 + n * 17.25, random: Math.random };
      last = stream.generate!.walk(moment, last);
      for (const record of [last, stream.generate!.uniform(moment)]) {
        const text = createEncoder()(record);
        assert.deepEqual(stream.schema.parse(JSON.parse(text)), record);
        assert.equal(createDecoder(stream)(bytes(text), row), undefined, text);
      }
    }
  });
}

Deno.test("createDecoder() accepts a record when another program serialized it", () => {
  const expected = [3, 1.5, 48.8, 2.3];
  for (
    const text of [
      '{"userId":3,"timestamp":1.5,"coordinates":[48.8,2.3]}',
      '{"timestamp": 1.5, "coordinates": [48.8, 2.3], "userID": 3}',
      '{"userID":3.0,"timestamp":15e-1,"coordinates":[48.8,2.3],"extra":{"a":[1,2,{"userID":9}]}}',
      '{"userID":3,"userId":"ignored","timestamp":1.5,"coordinates":[48.8,2.3]}',
      ' {"userID":3,"timestamp":1.5,"coordinates":[48.8,2.3],"note":"\\ud800 \\"userID\\": 4"}\n',
    ]
  ) assert.deepEqual(decode(bytes(text)), expected, text);
});

Deno.test("createDecoder() returns the schema's messages when a record is invalid", () => {
  const record = { userID: 3, timestamp: 1.5, coordinates: [48.8, 2.3] };
  for (
    const value of [
      { ...record, userID: "3" },
      { ...record, userID: 2 ** 31, timestamp: -1 },
      { ...record, coordinates: [91, -181] },
      { ...record, coordinates: [1] },
      {},
      null,
      [record],
    ]
  ) {
    const { error } = routes!.schema.safeParse(value);
    const rejection = createDecoder(routes!)(bytes(JSON.stringify(value)), new Float64Array(4));
    assert.deepEqual(rejection, {
      reason: "invalid record",
      detail: error!.issues.map(({ message }) => message).join("; "),
    });
  }
});

const REJECTED: Record<string, [value: Uint8Array | string | null, reason: string]> = {
  "null": [null, "no value"],
  "empty": ["", "empty value"],
  "not UTF-8": [Uint8Array.of(0x7b, 0xff, 0x7d), "not UTF-8"],
  "a byte order mark": ['\uFEFF{"userID":3,"timestamp":1,"coordinates":[1,2]}', "not JSON"],
  "not JSON": ["hello", "not JSON"],
  "a NUL character": ['{"userID":3,"timestamp":1,"coordinates":[1,2]}\0', "not JSON"],
  "a megabyte": ["x".repeat(1_048_576), "not JSON"],
  "an array": ["[3,1,[1,2]]", "invalid record"],
  "a JSON null": ["null", "invalid record"],
  "numbers as strings": ['{"userID":"3","timestamp":"1","coordinates":["1","2"]}', "invalid record"],
  "userID 2^31": ['{"userID":2147483648,"timestamp":1,"coordinates":[1,2]}', "invalid record"],
  "userID with a fraction": ['{"userID":3.5,"timestamp":1,"coordinates":[1,2]}', "invalid record"],
  "userID below 0": ['{"userID":-1,"timestamp":1,"coordinates":[1,2]}', "invalid record"],
  "timestamp 1e400": ['{"userID":3,"timestamp":1e400,"coordinates":[1,2]}', "invalid record"],
  "timestamp below 0": ['{"userID":3,"timestamp":-1,"coordinates":[1,2]}', "invalid record"],
  "latitude 90.0000001": ['{"userID":3,"timestamp":1,"coordinates":[90.0000001,2]}', "invalid record"],
  "longitude -180.5": ['{"userID":3,"timestamp":1,"coordinates":[1,-180.5]}', "invalid record"],
  "one coordinate": ['{"userID":3,"timestamp":1,"coordinates":[1]}', "invalid record"],
  "three coordinates": ['{"userID":3,"timestamp":1,"coordinates":[1,2,3]}', "invalid record"],
  "duplicate names": ['{"userID":3,"userID":4,"timestamp":1,"coordinates":[1,2]}', "duplicate name"],
  "escaped duplicate names": [
    '{"userID":3,"user\\u0049D":4,"timestamp":1,"coordinates":[1,2]}',
    "duplicate name",
  ],
  "a duplicate name of another field": [
    '{"userID":3,"timestamp":1,"coordinates":[1,2],"a":1,"b":2,"a":3}',
    "duplicate name",
  ],
  "an escaped duplicate name of another field": [
    '{"userID":3,"timestamp":1,"coordinates":[1,2],"a":1,"\\u0061":2}',
    "duplicate name",
  ],
  "nested a level too deep": [
    `{"userID":3,"timestamp":1,"coordinates":[1,2],"x":${"[".repeat(100)}${"]".repeat(100)}}`,
    "nested too deep",
  ],
  "nested a level too deep in a field of the stream": [
    `{"userID":3,"timestamp":1,"coordinates":[${"[".repeat(99)}${"]".repeat(99)},2]}`,
    "nested too deep",
  ],
  "not UTF-8 in another field": [
    Uint8Array.from([
      ...bytes('{"userID":3,"timestamp":1,"coordinates":[1,2],"x":"'),
      0xed,
      0xa0,
      0x80,
      ...bytes('"}'),
    ]),
    "not UTF-8",
  ],
  "a control character in another field": [
    '{"userID":3,"timestamp":1,"coordinates":[1,2],"x":"\n"}',
    "not JSON",
  ],
  "deep nesting": ["[".repeat(100_000) + "]".repeat(100_000), "nested too deep"],
  "a prototype": ['{"__proto__":{"userID":3,"timestamp":1,"coordinates":[1,2]}}', "invalid record"],
};

for (const [name, [value, reason]] of Object.entries(REJECTED)) {
  Deno.test(`createDecoder() rejects the value when it is ${name}`, () => {
    assert.equal(decode(typeof value === "string" ? bytes(value) : value), reason);
  });
}

Deno.test("createDecoder() names the offending byte when the value is not JSON", () => {
  const detail = (text: string) => createDecoder(routes!)(bytes(text), new Float64Array(4))!.detail;
  assert.equal(detail("<p>"), 'Unexpected "<" at byte 0 of 3.');
  assert.equal(detail('{"é":1}"'), 'Unexpected "\\"" at byte 8 of 9.');
  assert.equal(detail('{"a":😀}'), 'Unexpected "😀" at byte 5 of 10.');
  assert.equal(detail(' {"a":[1,2'), "The value ends after 10 bytes, before it is complete.");
  assert.equal(detail('{"a":\uFEFF1}'), 'Unexpected "\\ufeff" at byte 5 of 10.');
  assert.equal(detail("  "), "The value ends after 2 bytes, before it is complete.");
});

Deno.test("createInPlaceDecoder() ignores bytes after the end when the value is cut off within a character", () => {
  const whole = bytes('{"é":1}');
  assert.deepEqual(createInPlaceDecoder(routes!)(whole, 0, 3, new Float64Array(4)), {
    reason: "not UTF-8",
    detail: "The value is not UTF-8 text.",
  });
});

Deno.test("createDecoder() never throws when the value is arbitrary", () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (value) => void decode(value)), {
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
  const record = `{"userID":3,"timestamp":1,"coordinates":[1,2],${name}:1,${name}:2}`;
  const rejections = [...controls, record].map((value) =>
    createDecoder(routes!)(bytes(value), new Float64Array(4))!
  );
  for (const { detail } of rejections) assert.doesNotMatch(detail, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.match(rejections.at(-1)!.detail, /\\u001b\[2J\\u009b\\u202e.*\\u2028/);
  assert.deepEqual(rejections[0], {
    reason: "not JSON",
    detail: 'Unexpected "\\u001b" at byte 0 of 1.',
  });
});
