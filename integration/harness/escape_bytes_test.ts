import assert from "assert";
import fc from "fast-check";
import { escapeBytes, unescapeBytes } from "./escape_bytes.ts";

Deno.test("escapeBytes() writes what Kafka's tools print when bytes are no printable ASCII", () => {
  assert.equal(
    escapeBytes(Uint8Array.of(0x20, 0x7e, 0x5c, 0x00, 0x09, 0x0a, 0x7f, 0xff)),
    " ~\\x5C\\x00\\x09\\x0A\\x7F\\xFF",
  );
});

Deno.test("unescapeBytes() gives the same bytes back when they are any", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    const text = escapeBytes(bytes);
    assert.match(text, /^[ -~]*$/);
    assert.deepEqual([...unescapeBytes(text)], [...bytes]);
  }));
});
