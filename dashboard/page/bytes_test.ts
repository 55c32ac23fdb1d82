import assert from "assert";
import { toPieces } from "./bytes.ts";

const of = (...parts: (string | number)[]) =>
  toPieces(
    Uint8Array.from(
      parts.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : [part]),
    ),
  );

Deno.test("toPieces() returns text when all characters are visible", () => {
  assert.deepEqual(of('{"a": "<b>ü→🚲"}'), [{ text: '{"a": "<b>ü→🚲"}' }]);
});

Deno.test("toPieces() returns single bytes when they are not UTF-8", () => {
  assert.deepEqual(of("a", 0xff, 0xc3, "b"), [{ text: "a" }, { byte: "FF" }, { byte: "C3" }, { text: "b" }]);
});

Deno.test("toPieces() returns single bytes when a character is invisible or changes the writing direction", () => {
  assert.deepEqual(of("a", 0, 10), [{ text: "a" }, { byte: "00" }, { byte: "0A" }]);
  assert.deepEqual(of("\u202e"), [{ byte: "E2" }, { byte: "80" }, { byte: "AE" }]);
});

Deno.test("toPieces() returns single bytes when the last character is truncated", () => {
  assert.deepEqual(of("a", 0xe2, 0x86), [{ text: "a" }, { byte: "E2" }, { byte: "86" }]);
});
