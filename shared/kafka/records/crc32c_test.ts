import assert from "assert";
import * as fc from "fast-check";
import kafkajsCrc32C from "kafkajs/src/protocol/recordBatch/crc32C/index.js";
import { crc32c } from "./crc32c.ts";

Deno.test("crc32c() returns the check value of the standard and the examples of RFC 3720", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, n) => n)), 0x46dd794e);
  assert.equal(crc32c(new Uint8Array(0)), 0);
});

Deno.test("crc32c() returns what kafkajs computes for any length and alignment", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), (data, start) => {
    assert.equal(crc32c(data.subarray(start)), kafkajsCrc32C(data.subarray(start)));
  }));
  // Up to three blocks, and the remaining bytes.
  const some = crypto.getRandomValues(new Uint8Array(420));
  for (let length = 0; length <= some.length; length++) {
    assert.equal(crc32c(some.subarray(0, length)), kafkajsCrc32C(some.subarray(0, length)), `${length}`);
  }
  const large = Uint8Array.from({ length: 1_000_003 }, (_, n) => n * 2_654_435_761 >>> 13);
  for (const length of [63_488, 63_489, 126_976, 190_465, large.length]) {
    assert.equal(crc32c(large.subarray(0, length)), kafkajsCrc32C(large.subarray(0, length)), `${length}`);
  }
});
