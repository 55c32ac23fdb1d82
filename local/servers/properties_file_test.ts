import assert from "assert";
import fc from "fast-check";
import { propertiesFile } from "./properties_file.ts";

Deno.test("propertiesFile() writes one line per property", () => {
  assert.equal(propertiesFile({ "node.id": "1", "log.dirs": "/a b/c" }), "node.id=1\nlog.dirs=/a b/c\n");
});

Deno.test("propertiesFile() writes a PEM text in one line", () => {
  assert.equal(propertiesFile({ key: "-----BEGIN-----\nabc\n" }), "key=-----BEGIN-----\\nabc\\n\n");
});

Deno.test("propertiesFile() preserves any value when Java reads it", () => {
  const awkward = fc.constantFrom("\\", "n", "u00e9", " ", "\t", "\n", "\r", "\0", "=", "#", "é", "😀");
  fc.assert(fc.property(fc.string({ unit: awkward }), (value) => {
    const lines = propertiesFile({ key: value }).split(/\r\n|[\r\n]/);
    assert.equal(lines.length, 2);
    assert.equal(readAsJava(lines[0]!.slice("key=".length)), value);
  }));
});

/** Decodes a value as `java.util.Properties.load` does. */
function readAsJava(text: string): string {
  return text.replace(/^[ \t\f]+/, "").replace(
    /\\(?:u([0-9a-f]{4})|(.))/g,
    (_, unit: string | undefined, letter: string) =>
      unit
        ? String.fromCharCode(parseInt(unit, 16))
        : ({ n: "\n", r: "\r", t: "\t", f: "\f" }[letter] ?? letter),
  );
}
