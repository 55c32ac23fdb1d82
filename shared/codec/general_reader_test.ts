import assert from "assert";
import fc from "fast-check";
import { fieldValue, type Stream } from "../stream.ts";
import { loadStreams } from "../streams.ts";
import { findDuplicateName } from "./duplicate_name.ts";
import {
  DUPLICATE_NAME,
  GeneralReader,
  INVALID_JSON,
  INVALID_RECORD,
  NEEDS_FULL_PARSE,
  VALID,
} from "./general_reader.ts";
import { isDeeperThan, MAX_DEPTH } from "./invalid_json.ts";
import { isInvalid, JsonSkipper, skipSpace } from "./json_skipper.ts";
import { reorderedRecords } from "./arbitraries_fixture.ts";

const streams = await loadStreams(["routes", "battery"]);
const [routes] = streams;
const bytes = (text: string) => new TextEncoder().encode(text);

/** The numbers according to JSON.parse and the schema; `undefined`: they reject the value. */
function decodeWithSchema(stream: Stream, value: Uint8Array): number[] | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
    const { success, data } = stream.schema.safeParse(JSON.parse(text));
    const isDeep = isDeeperThan(value, 0, value.length, MAX_DEPTH);
    if (!success || isDeep || findDuplicateName(text) !== undefined) return undefined;
    return stream.fields.map((field) => fieldValue(data, field));
  } catch {
    return undefined;
  }
}

/** Index of the first offending byte according to the skipper; `undefined`: the value is JSON. */
function offendingByte(value: Uint8Array): number | undefined {
  const { length } = value;
  const end = new JsonSkipper().skipValue(value, skipSpace(value, 0, length), length, MAX_DEPTH);
  if (isInvalid(end)) return ~end;
  const endOfText = skipSpace(value, end, length);
  return endOfText === length ? undefined : endOfText;
}

for (const stream of streams) {
  Deno.test(`GeneralReader.read() accepts a ${stream.name} value only when the schema does, with the same numbers`, () => {
    const row = new Float64Array(stream.fields.length);
    const reader = new GeneralReader(stream);
    let accepted = 0, valid = 0;
    fc.assert(
      fc.property(reorderedRecords(stream), (value) => {
        const expected = decodeWithSchema(stream, value);
        if (expected) valid++;
        // Surrounded by other bytes, which must be ignored.
        const whole = Uint8Array.from([...bytes('"}'), ...value, ...bytes('1,"a":1}')]);
        if (reader.read(whole, 2, 2 + value.length, row) !== VALID) return;
        accepted++;
        assert.ok(expected, new TextDecoder().decode(value));
        expected.forEach((number, f) =>
          assert.ok(Object.is(row[f], number), new TextDecoder().decode(value))
        );
      }),
      { numRuns: 10_000 },
    );
    assert.ok(
      accepted > 3_000 && accepted > 0.8 * valid,
      `only ${accepted} of ${valid} valid values were accepted`,
    );
  });

  Deno.test(`GeneralReader.read() classifies a ${stream.name} value when it is invalid`, () => {
    const row = new Float64Array(stream.fields.length);
    const reader = new GeneralReader(stream);
    const counts = new Map<number, number>();
    fc.assert(
      fc.property(
        fc.oneof(reorderedRecords(stream), reorderedRecords(stream).map(duplicateFirstMember)),
        (value) => {
          const text = new TextDecoder().decode(value);
          const whole = Uint8Array.from([...bytes('"}'), ...value, ...bytes('1,"a":1}')]);
          const found = reader.read(whole, 2, 2 + value.length, row);
          counts.set(found, 1 + (counts.get(found) ?? 0));
          if (found === NEEDS_FULL_PARSE) return;
          const offending = offendingByte(value);
          assert.equal(found === INVALID_JSON, offending !== undefined, text);
          if (found === INVALID_JSON) return assert.equal(reader.end - 2, offending, text);
          const { success } = stream.schema.safeParse(JSON.parse(text));
          assert.equal(found === VALID || found === DUPLICATE_NAME, success, text);
          if (success) {
            assert.equal(
              found === DUPLICATE_NAME ? reader.duplicateName : undefined,
              findDuplicateName(text),
              text,
            );
          }
        },
      ),
      { numRuns: 20_000 },
    );
    assert.ok(
      (counts.get(INVALID_JSON) ?? 0) > 1_000 && (counts.get(DUPLICATE_NAME) ?? 0) > 1_000,
      [...counts].join(" "),
    );
  });
}

/** Duplicates the first member of a value, if a regular expression finds it. */
function duplicateFirstMember(value: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(value);
  return bytes(text.replace(/^(\s*\{)(\s*"[^"]*"\s*:[^,]*,)/, "$1$2$2"));
}

Deno.test("GeneralReader.read() accepts a record when another program serialized it", () => {
  const row = new Float64Array(4);
  for (
    const text of [
      '{"userId":3,"timestamp":1.5,"coordinates":[48.8,2.3]}',
      '{"timestamp": 1.5, "coordinates": [48.8, 2.3], "userID": 3}',
      ' {\n "userID" : 3 , "timestamp":1.5,\t"coordinates" : [ 48.8 , 2.3 ]\r\n} ',
      '{"userID":3,"timestamp":1.5,"coordinates":[48.8,2.3],"extra":{"a":[1,-2.5e-7,{"userID":9}]}}',
      '{"userId":"ignored","Größe":"\\ud800 \\"userID\\": 4 €😀","userID":3,"timestamp":1.5,"coordinates":[48.8,2.3]}',
      `{"userID":3,"timestamp":1.5,"coordinates":[48.8,2.3],"x":${"[".repeat(99)}${"]".repeat(99)}}`,
    ]
  ) {
    const value = bytes(text);
    assert.equal(new GeneralReader(routes!).read(value, 0, value.length, row), VALID, text);
    assert.deepEqual([...row], [3, 1.5, 48.8, 2.3], text);
  }
});

Deno.test("GeneralReader.read() finds no JSON when a value is nested too deep, wherever it is", () => {
  const row = new Float64Array(4);
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  const texts: [levels: number, text: (nested: string) => string][] = [
    [100, (deep) => deep],
    [99, (deep) => `{"userID":${deep}}`],
    [99, (deep) => `{"other":${deep}}`],
    [98, (deep) => `{"coordinates":[${deep},1]}`],
  ];
  for (const [levels, text] of texts) {
    const found = [levels, levels + 1].map((levels) => {
      const value = bytes(text(nested(levels)));
      return new GeneralReader(routes!).read(value, 0, value.length, row);
    });
    assert.deepEqual(found, [INVALID_RECORD, INVALID_JSON], text("…"));
  }
});
