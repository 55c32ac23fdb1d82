import assert from "assert";
import fc from "fast-check";
import type { TypeOptions } from "./column_type.ts";
import { createColumnType } from "./create_column_type.ts";
import { Decimal } from "./decimal.ts";
import { RowBuffer } from "./row_buffer.ts";
import { parseType } from "./type_descriptor.ts";

const EPOCH_MICROS = 946_684_800_000_000n;

/** The instant in ISO 8601 with microseconds, or the problem. */
function write(sql: string, value: unknown, options: TypeOptions = {}): string {
  const row = new RowBuffer();
  const problem = createColumnType(parseType(sql)!, options).write(value, row);
  if (problem !== undefined) return problem;
  const micros =
    (sql === "date"
      ? BigInt(row.written().readInt32BE(4)) * 86_400_000_000n
      : row.written().readBigInt64BE(4)) + EPOCH_MICROS;
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const fraction = String(micros - seconds * 1_000_000n).padStart(6, "0");
  return new Date(Number(seconds) * 1000).toISOString().replace(".000Z", `.${fraction}`);
}

Deno.test("write() of timestamptz converts offsets and rounds fractions like PostgreSQL", () => {
  const tz = (text: string) => write("timestamptz", text);
  assert.equal(tz("2024-02-29T12:00:00Z"), "2024-02-29T12:00:00.000000");
  assert.equal(tz("2024-02-29 12:00:00.5+02:30"), "2024-02-29T09:30:00.500000");
  assert.equal(tz("1969-12-31t23:59:59.999999z"), "1969-12-31T23:59:59.999999");
  assert.equal(tz("2024-01-01T00:00+01"), "2023-12-31T23:00:00.000000");
  assert.equal(tz("2024-01-01T00:00:00-0130"), "2024-01-01T01:30:00.000000");
  assert.equal(tz("2024-01-01T00:00:00.0000005Z"), "2024-01-01T00:00:00.000000");
  assert.equal(tz("2024-01-01T00:00:00.0000015Z"), "2024-01-01T00:00:00.000002");
  assert.equal(tz("2023-12-31T23:59:59.9999999Z"), "2024-01-01T00:00:00.000000");
  assert.equal(tz("2023-12-31T23:59:60Z"), "2024-01-01T00:00:00.000000");
  assert.equal(tz("2016-12-31T23:59:60.5Z"), "2017-01-01T00:00:00.500000");
  assert.equal(tz("9999-12-31T23:59:59-15:59"), "+010000-01-01T15:58:59.000000");
});

Deno.test("write() of timestamptz rejects other texts", () => {
  const texts = [
    "2024-01-01T24:00:00Z",
    "2024-01-01T00:00:61Z",
    "2024-01-01T00:60:00Z",
    "2023-02-29T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "2024-01-01 BC",
    "infinity",
    "now",
    "2024-1-1T00:00:00Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00+16:00",
    "2024-01-01T00:00:00+01:0",
    "2024-01-01T00:00:00Z ",
    "2024-01-01T00:00:00Europe/Berlin",
    "",
  ];
  for (const text of texts) assert.match(write("timestamptz", text), /^not an ISO 8601/, text);
  assert.match(write("timestamptz", "2024-01-01T00:00:00"), /^no offset/);
  assert.match(write("timestamptz", "0001-01-01T00:00:00+01:00"), /^not between the years/);
  assert.match(write("timestamptz", 0), /without a unit/);
  assert.match(write("timestamptz", true), /^expected a date and time, received boolean/);
});

Deno.test("write() of timestamptz uses the column's time zone for texts without an offset", () => {
  const berlin = (text: string) => write("timestamptz", text, { timeZone: "Europe/Berlin" });
  assert.equal(berlin("2024-07-01T12:00:00"), "2024-07-01T10:00:00.000000");
  assert.equal(berlin("2024-07-01T12:00:00Z"), "2024-07-01T12:00:00.000000");
  // Does not exist, then occurs twice.
  assert.equal(berlin("2024-03-31T02:30:00.25"), "2024-03-31T01:30:00.250000");
  assert.equal(berlin("2024-10-27T02:30:00"), "2024-10-27T01:30:00.000000");
  assert.equal(berlin("2024-10-27T01:59:60"), "2024-10-27T01:00:00.000000");
  // Transition at 00:06:32 UTC, within a quarter of an hour.
  assert.equal(berlin("1893-03-31T23:59:59"), "1893-03-31T23:06:31.000000");
  assert.throws(() => createColumnType(parseType("timestamptz")!, { timeZone: "Mars/Base" }), RangeError);
});

Deno.test("write() of timestamps converts numbers in the column's unit exactly", () => {
  const at = (value: unknown, epoch: "s" | "ms" | "us" | "ns") => write("timestamptz", value, { epoch });
  assert.equal(at(1700000000.123456, "s"), "2023-11-14T22:13:20.123456");
  assert.equal(at(1700000000123, "ms"), "2023-11-14T22:13:20.123000");
  assert.equal(at(-1, "us"), "1969-12-31T23:59:59.999999");
  assert.equal(at(1700000000123456789n, "ns"), "2023-11-14T22:13:20.123457");
  assert.equal(at(new Decimal("1700000000123456500"), "ns"), "2023-11-14T22:13:20.123456");
  assert.equal(at(new Decimal("1700000000123457500"), "ns"), "2023-11-14T22:13:20.123458");
  assert.equal(at(new Decimal("0.00000050000000001"), "s"), "1970-01-01T00:00:00.000001");
  assert.equal(at(new Decimal("253402300800.000001"), "s"), "+010000-01-01T00:00:00.000001");
  assert.match(at(new Decimal("1e999999999"), "s"), /^not between the years/);
  assert.match(at(-1e11, "s"), /^not between the years/);
  assert.match(at(NaN, "s"), /^expected a number/);
});

Deno.test("write() of timestamps stores numbers like their shortest text", () => {
  const seconds = fc.oneof(
    fc.double({ min: -6e10, max: 1e11, noNaN: true }),
    fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }).map((micros) => Number(micros) / 1e6),
    fc.integer({ min: -1e15, max: 1e15 }).map((value) => value / 1000),
  );
  fc.assert(fc.property(seconds, fc.constantFrom("s", "ms", "us", "ns"), (value, epoch) => {
    assert.equal(
      write("timestamptz", value, { epoch }),
      write("timestamptz", new Decimal(`${value}`), { epoch }),
    );
  }));
});

Deno.test("write() of timestamp and date", () => {
  assert.equal(write("timestamp", "2024-01-01T12:00:00"), "2024-01-01T12:00:00.000000");
  assert.equal(write("timestamp", "2024-01-01T12:00:00Z"), "2024-01-01T12:00:00.000000");
  assert.equal(write("timestamp", "2024-01-01"), "2024-01-01T00:00:00.000000");
  assert.match(write("timestamp", "2024-01-01T12:00:00+01:00"), /^an offset/);
  assert.equal(write("date", "2000-02-29"), "2000-02-29T00:00:00.000000");
  assert.equal(write("date", -1, { epoch: "s" }), "1969-12-31T00:00:00.000000");
  assert.equal(write("date", new Date("2024-01-01T23:00:00Z")), "2024-01-01T00:00:00.000000");
  for (
    const text of ["2100-02-29", "2024-01-01T00:00:00", "2024-13-01", "2024-00-01", "infinity", "2024-01-1"]
  ) {
    assert.match(write("date", text), /^not a date/, text);
  }
});
