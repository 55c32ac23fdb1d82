import assert from "assert";
import { readable } from "./bytes.ts";

const of = (...parts: (string | number)[]) =>
  readable(
    Uint8Array.from(
      parts.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : [part]),
    ),
  );

Deno.test("readable() leaves text as it is when it can be seen", () => {
  assert.deepEqual(of('{"a": "<b>ü→🚲"}'), [{ text: '{"a": "<b>ü→🚲"}' }]);
});

Deno.test("readable() gives bytes one by one when they are no UTF-8", () => {
  assert.deepEqual(of("a", 0xff, 0xc3, "b"), [{ text: "a" }, { byte: "FF" }, { byte: "C3" }, { text: "b" }]);
});

Deno.test("readable() gives bytes one by one when a character can't be seen or turns the text around", () => {
  assert.deepEqual(of("a", 0, 10), [{ text: "a" }, { byte: "00" }, { byte: "0A" }]);
  assert.deepEqual(of("\u202e"), [{ byte: "E2" }, { byte: "80" }, { byte: "AE" }]);
});

Deno.test("readable() gives the rest byte by byte when a character was cut off", () => {
  assert.deepEqual(of("a", 0xe2, 0x86), [{ text: "a" }, { byte: "E2" }, { byte: "86" }]);
});
