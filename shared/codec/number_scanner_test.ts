import assert from "assert";
import fc from "fast-check";
import { NumberScanner } from "./number_scanner.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const scan = (text: string) => new NumberScanner().scan(bytes(text), 0, text.length);

Deno.test("NumberScanner.scan() agrees with Number bit for bit when it does not return NaN", () => {
  const doubles = fc.oneof(
    fc.double({ min: -180, max: 180, noNaN: true }),
    fc.double({ min: 0, max: 4e9, noNaN: true }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
  );
  fc.assert(
    fc.property(doubles, (value) => {
      const text = Object.is(value, -0) ? "-0" : String(value);
      const scanned = scan(text);
      assert.ok(Number.isNaN(scanned) || Object.is(scanned, value), `${text} was read as ${scanned}`);
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("NumberScanner.scan() agrees with Number when the digits are arbitrary, including ties", () => {
  const digits = (max: number) =>
    fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: max });
  const tie = fc.integer({ min: 2 ** 52, max: 2 ** 53 - 1 }).map((n) =>
    [String(BigInt(n) * 2n + 1n), "0"] as const
  );
  fc.assert(
    fc.property(fc.oneof(fc.tuple(digits(12), digits(12)), tie), ([whole, fraction]) => {
      const text = `${whole.replace(/^0+(?=.)/, "")}.${fraction}`;
      const scanned = scan(text);
      assert.ok(Number.isNaN(scanned) || Object.is(scanned, Number(text)), `${text} was read as ${scanned}`);
    }),
    { numRuns: 50_000 },
  );
});

Deno.test("NumberScanner.scan() does not return NaN for coordinates and timestamps", () => {
  let unparsed = 0;
  for (let n = 0; n < 100_000; n++) {
    for (const value of [Math.random() * 180 - 90, Math.random() * 360 - 180, 1.7e9 + Math.random() * 1e7]) {
      if (Number.isNaN(scan(String(value)))) unparsed++;
    }
  }
  // A random double below 1e-6 is written with an exponent; it is one of millions.
  assert.ok(unparsed < 30, `${unparsed} of 300000 numbers returned NaN`);
});

Deno.test("NumberScanner.scan() returns NaN when the text is not a JSON number or a rare one", () => {
  for (
    const text of [
      "",
      "-",
      "01",
      "-01.5",
      "1.",
      ".5",
      "+1",
      "1e3",
      "1E-3",
      "1.5e3",
      "abc",
      "NaN",
      "--1",
      "1234567890.12345678901",
    ]
  ) {
    assert.ok(Number.isNaN(scan(text)), `${text} was read as ${scan(text)}`);
  }
});

Deno.test("NumberScanner.scan() sets the end of the number and whether it has a fraction", () => {
  const scanner = new NumberScanner();
  assert.equal(scanner.scan(bytes("[12.50,7]"), 1, 9), 12.5);
  assert.deepEqual([scanner.end, scanner.hasFraction], [6, true]);
  assert.equal(scanner.scan(bytes("[12.50,7]"), 7, 9), 7);
  assert.deepEqual([scanner.end, scanner.hasFraction], [8, false]);
});
