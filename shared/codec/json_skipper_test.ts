import assert from "assert";
import fc from "fast-check";
import { isDeeperThan } from "./invalid_json.ts";
import { isInvalid, JsonSkipper } from "./json_skipper.ts";

const skipper = new JsonSkipper();
const encoder = new TextEncoder();
const LEVELS = 5;

/** Skips the value that `bytes` begin with, surrounded by other bytes, at every alignment in memory; the result must be the same. */
function skip(bytes: Uint8Array, after = ""): number {
  const ends = [0, 1, 2, 3, 16].map((before) => {
    const whole = new Uint8Array(before + bytes.length + after.length);
    whole.fill(0x22);
    whole.set(bytes, before);
    whole.set(encoder.encode(after), before + bytes.length);
    const end = skipper.skipValue(whole, before, before + bytes.length, LEVELS);
    return isInvalid(end) ? ~(~end - before) : end - before;
  });
  assert.equal(new Set(ends).size, 1, `ends differ: ${ends}`);
  return ends[0]!;
}

/** Whether JSON.parse and TextDecoder accept the bytes. */
function isValid(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    JSON.parse(text);
    return !isDeeperThan(bytes, 0, bytes.length, LEVELS);
  } catch {
    return false;
  }
}

const PIECES = [
  '"',
  "\\",
  "\\u12",
  "\\ud800",
  "\\x",
  ",",
  ":",
  "{",
  "}",
  "[",
  "]",
  " ",
  "\t",
  "\0",
  "\x1f",
  "\x7f",
];
const NUMBERS = [
  "-",
  "0",
  "00",
  "-0",
  "1.",
  ".5",
  "1e",
  "1e+",
  "1E-7",
  "1.5e3",
  "tru",
  "true",
  "null",
  "é",
  "😀",
];
/** Invalid UTF-8: cut off, overlong, a surrogate, above U+10FFFF, a lone continuation byte. */
const INVALID_UTF8 = [
  [0xc3],
  [0xc0, 0xaf],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [
    0xf0,
    0x80,
    0x80,
    0x80,
  ],
  [0xf5, 0x80, 0x80, 0x80],
  [0x80],
  [0xe2, 0x82],
];

const piece = fc.oneof(
  fc.constantFrom(...PIECES, ...NUMBERS).map((text) => encoder.encode(text)),
  fc.constantFrom(...INVALID_UTF8).map((bytes) => Uint8Array.from(bytes)),
  fc.uint8Array({ minLength: 1, maxLength: 3 }),
);

/** JSON texts without white space around them, half of them with a mutation. */
const nearlyJson = fc.tuple(
  fc.oneof(
    fc.json({ maxDepth: 6, stringUnit: "binary" }),
    fc.string({ unit: "binary", maxLength: 100 }).map((text) => JSON.stringify(text)),
  ),
  fc.nat(),
  piece,
  fc.boolean(),
).map(([text, place, bytes, isMutated]) => {
  const whole = encoder.encode(text);
  if (!isMutated) return whole;
  const at = place % (whole.length + 1), rest = whole.subarray(at + (place % 2));
  return Uint8Array.from([...whole.subarray(0, at), ...bytes, ...rest]);
});

Deno.test("JsonSkipper.skipValue() skips a value exactly when JSON.parse accepts it and it is UTF-8", () => {
  let valid = 0, invalid = 0;
  fc.assert(
    fc.property(nearlyJson, (bytes) => {
      // White space around a value is not part of it.
      if (bytes.length === 0 || /^\s|\s$/.test(new TextDecoder().decode(bytes))) return;
      const expected = isValid(bytes);
      assert.equal(skip(bytes) === bytes.length, expected);
      if (expected) valid++;
      else invalid++;
    }),
    { numRuns: 20_000 },
  );
  assert.ok(valid > 5_000 && invalid > 1_000, `${valid} valid, ${invalid} invalid`);
});

Deno.test("JsonSkipper.skipValue() returns the first offending byte when the value is invalid", () => {
  const at = (text: string) => ~skip(encoder.encode(text));
  assert.equal(at("<script>"), 0);
  assert.equal(at('{"a":1 "b"'), 7);
  assert.equal(at('{"a":01}'), 6);
  assert.equal(at('[1,"\\x"]'), 5);
  assert.equal(at("[1,tru]"), 6);
  assert.equal(at('{"a":[1,2'), 9);
  fc.assert(
    fc.property(nearlyJson, (bytes) => {
      const end = skip(bytes);
      if (!isInvalid(end)) return;
      // The bytes before it are a value or the beginning of one.
      const before = bytes.subarray(0, ~end);
      if (before.length > 0) assert.ok([~before.length, before.length].includes(skip(before)));
      if (~end < bytes.length) assert.equal(skip(bytes.subarray(0, ~end + 1)), end);
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("JsonSkipper.skipValue() ignores bytes after the end when the value is cut off", () => {
  assert.equal(skip(encoder.encode("tru"), "e"), ~3);
  const value = '{"a":[1.5e3,"\\u00e9é😀 and more than sixteen bytes",true],"b":null}';
  const bytes = encoder.encode(value);
  assert.equal(skip(bytes, "}"), bytes.length);
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(skip(bytes.subarray(0, length), value.slice(-40)) < 0, true, `${length} bytes`);
  }
});

Deno.test("JsonSkipper.skipValue() stops at the end of the value when more follows", () => {
  for (const text of ['"a"', "-1.5e3", "true", "[]", "{}", "[[1]]"]) {
    assert.equal(skip(encoder.encode(`${text},"b"`)), text.length);
  }
});

Deno.test("JsonSkipper.skipString() finds every special byte at every position of a long string", () => {
  for (let place = 0; place < 70; place++) {
    for (let byte = 0; byte < 256; byte++) {
      const bytes = encoder.encode(`"${"x".repeat(70)}"`);
      bytes[1 + place] = byte;
      const end = byte === 0x22 ? place + 2 : isValid(bytes) ? bytes.length : undefined;
      if (end !== undefined) assert.equal(skip(bytes), end, `byte ${byte} at ${place}`);
      else assert.notEqual(skip(bytes), bytes.length, `byte ${byte} at ${place}`);
    }
  }
});
