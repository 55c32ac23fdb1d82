import assert from "assert";
import fc from "fast-check";
import { compareDecimals, Decimal, decimal, decimalLimits, isMultipleOf } from "./decimal.ts";

/** Numbers in all notations, with small exponents, and their value × 10^40. */
const numbers = fc.record({
  sign: fc.constantFrom("", "-"),
  whole: fc.bigInt({ min: 0n, max: 10n ** 20n }),
  fraction: fc.stringMatching(/^[0-9]{0,12}$/),
  exponent: fc.integer({ min: -20, max: 20 }),
}).map(({ sign, whole, fraction, exponent }) => {
  const text = `${sign}${whole}${fraction && "."}${fraction}${exponent ? `e${exponent}` : ""}`;
  const digits = BigInt(whole + fraction) * 10n ** BigInt(40 + exponent - fraction.length);
  return { text, value: sign ? -digits : digits };
});

Deno.test("compareDecimals() compares like exact integers", () => {
  fc.assert(fc.property(numbers, numbers, (a, b) => {
    assert.equal(
      Math.sign(compareDecimals(a.text, b.text)),
      a.value < b.value ? -1 : a.value > b.value ? 1 : 0,
    );
  }));
});

Deno.test("compareDecimals() compares numbers that differ in a late digit or a huge exponent", () => {
  assert.ok(compareDecimals("0.10000000000000000001", "0.1") > 0);
  assert.ok(compareDecimals("-9007199254740993", "-9007199254740992") < 0);
  assert.ok(compareDecimals("1e999999999", "1e999999998") > 0);
  assert.ok(compareDecimals("-1e99999999999999999999999", "0") < 0);
  assert.ok(compareDecimals("1e-99999999999999999999999", "0") > 0);
  assert.equal(compareDecimals("0e99999999999", "-0.000"), 0);
  assert.equal(compareDecimals("1000e-3", "1.000"), 0);
});

Deno.test("isMultipleOf() divides like exact integers", () => {
  fc.assert(fc.property(numbers, numbers.filter(({ value }) => value > 0n), (a, b) => {
    assert.equal(isMultipleOf(a.text, b.text), a.value % b.value === 0n);
  }));
});

Deno.test("isMultipleOf() is exact for fractions and huge exponents", () => {
  assert.ok(isMultipleOf("0.3", "0.1"));
  assert.ok(isMultipleOf("1e999999999999", "0.01"));
  assert.ok(isMultipleOf("1e-999999999", "1e-999999999"));
  assert.ok(!isMultipleOf("0.005", "0.01"));
  assert.ok(!isMultipleOf("1e999999999999", "3"));
});

Deno.test("decimal() accepts Decimal within the limits", () => {
  const accepts = (text: string, limits: Parameters<typeof decimal>[0]) =>
    decimal(limits).safeParse(new Decimal(text)).success;
  assert.ok(accepts("1e999999999", undefined));
  assert.ok(accepts("0.10", { min: "0.1", max: "0.1", multipleOf: "0.01" }));
  assert.ok(!accepts("0.0999999999999999999999", { min: "0.1" }));
  assert.ok(!accepts("0.1000000000000000000001", { max: "0.1" }));
  assert.ok(!accepts("1.0", { exclusiveMin: "1" }));
  assert.ok(!accepts("1.0", { exclusiveMax: "1" }));
  assert.ok(!accepts("0.123", { multipleOf: "0.01" }));
});

Deno.test("decimal() states the limit that a value violates", () => {
  const message = (value: unknown) => decimal({ min: "0" }).safeParse(value).error?.issues[0]?.message;
  assert.equal(message(new Decimal("-1")), "Too small: expected number to be >=0");
  assert.equal(message("1"), "Invalid input: expected number, received string");
  assert.equal(message(null), "Invalid input: expected number, received null");
});

Deno.test("decimal() throws on invalid limits", () => {
  assert.throws(() => decimal({ min: "x" }), RangeError);
  assert.throws(() => decimal({ multipleOf: "0" }), RangeError);
});

Deno.test("decimalLimits() recognizes copies of the schema", () => {
  const schema = decimal({ min: "1" });
  assert.deepEqual(decimalLimits(schema), { min: "1" });
  assert.deepEqual(decimalLimits(schema.refine(() => true).meta({ title: "x" }).describe("y")), { min: "1" });
  assert.equal(decimalLimits(decimal().optional()), undefined);
});

Deno.test("Decimal keeps its digits in JSON", () => {
  assert.equal(
    JSON.stringify({ amount: new Decimal("0.1000000000000000000001") }),
    '{"amount":0.1000000000000000000001}',
  );
});
