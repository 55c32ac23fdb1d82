import assert from "assert";
import { escapeUnprintable } from "./escape.ts";

Deno.test("escapeUnprintable() escapes only control, format and line separator characters", () => {
  assert.equal(
    escapeUnprintable("\x1b]0;title\x07 \x9b2J \u202e \u2028\u2029 \0\r\n\t \u{e0001}"),
    "\\u001b]0;title\\u0007 \\u009b2J \\u202e \\u2028\\u2029 \\u0000\\u000d\\u000a\\u0009 \\udb40\\udc01",
  );
  assert.equal(escapeUnprintable('Grüße, "日本" 🎉 \\u0041 …'), 'Grüße, "日本" 🎉 \\u0041 …');
});
