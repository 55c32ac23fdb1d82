import assert from "assert";
import type { TypeOptions } from "./column_type.ts";
import { createColumnType } from "./create_column_type.ts";
import { Decimal } from "./decimal.ts";
import { JsonSource } from "./json_source.ts";
import { RowBuffer } from "./row_buffer.ts";
import { parseType } from "./type_descriptor.ts";

/** The bytes after the length, in hexadecimal, or the problem. */
function write(sql: string, value: unknown, options: TypeOptions = {}, labels?: readonly string[]): string {
  const row = new RowBuffer(1);
  const descriptor = { ...parseType(sql)!, ...labels && { labels } };
  const problem = createColumnType(descriptor, options).write(value, row);
  if (problem !== undefined) return problem;
  assert.equal(row.written().readInt32BE(0), row.length - 4);
  return row.written().subarray(4).toString("hex");
}

const d = (text: string) => new Decimal(text);

Deno.test("write() of integers accepts whole numbers in any notation", () => {
  assert.equal(write("smallint", -2), "fffe");
  assert.equal(write("integer", d("1e3")), "000003e8");
  assert.equal(write("integer", d("-1.0")), "ffffffff");
  assert.equal(write("bigint", 9223372036854775807n), "7fffffffffffffff");
  assert.equal(write("bigint", "-9223372036854775808"), "8000000000000000");
  assert.equal(write("bigint", d("0e999999999")), "0000000000000000");
});

Deno.test("write() of integers rejects fractions, other ranges and other types", () => {
  assert.equal(write("smallint", 32768), "out of range for smallint: 32768");
  assert.equal(write("integer", -2147483649n), "out of range for integer: -2147483649");
  assert.equal(write("bigint", 9223372036854775808n), "out of range for bigint: 9223372036854775808");
  assert.equal(write("bigint", d("1e999999999")), "out of range for bigint: 1e999999999");
  assert.match(write("bigint", 9007199254740992), /^not exact: 9007199254740992 /);
  assert.equal(write("integer", 1.5), "not a whole number: 1.5");
  assert.equal(write("integer", d("15e-1")), "not a whole number: 15e-1");
  assert.equal(write("integer", NaN), "not a whole number: NaN");
  assert.equal(write("integer", "x"), "expected a whole number, received string");
  assert.equal(write("integer", true), "expected a whole number, received boolean");
});

Deno.test("write() of floats rounds to nearest", () => {
  assert.equal(write("double precision", d("0.1")), "3fb999999999999a");
  assert.equal(write("double precision", -0), "8000000000000000");
  assert.equal(write("real", 0.1), "3dcccccd");
  // As a double, this is exactly between two reals.
  assert.equal(write("real", d("1.00000005960464477539062500001")), "3f800001");
  assert.equal(write("real", d("1.00000017881393432617187499999")), "3f800001");
  assert.equal(write("real", d("1.000000059604644775390625")), "3f800000");
  assert.equal(write("real", d("1e39")), "out of range for real: 1e39");
  assert.equal(write("double precision", d("1e309")), "out of range for double precision: 1e309");
  assert.equal(write("double precision", Infinity), "out of range for double precision: Infinity");
});

Deno.test("write() of numeric keeps all digits", () => {
  assert.equal(write("numeric", d("0.1")), "0001ffff0000000103e8");
  assert.equal(write("numeric", d("-12345.6780")), "0003000140000004000109291a7c");
  assert.equal(write("numeric", d("-0.000")), "0000000000000003");
  assert.equal(write("numeric", d("1e131071")), "00017fff000000000" + "3e8");
  assert.equal(write("numeric", 1e21), "000100050000000000" + "0a");
  assert.equal(write("numeric(12,2)", d("1.5")), "0002000000000002000113" + "88");
  assert.equal(write("numeric(12,2)", "1.500"), "000200000000000200011388");
  assert.equal(write("numeric(3,-2)", d("12300")), "0002000100000000000108fc");
});

Deno.test("write() of numeric rejects values that would lose digits", () => {
  assert.equal(write("numeric(12,2)", d("1.005")), "more than 2 digits after the decimal point: 1.005");
  assert.equal(write("numeric(4,2)", d("100")), "out of range for numeric(4,2): 100");
  assert.equal(write("numeric(4,2)", d("99.995")), "more than 2 digits after the decimal point: 99.995");
  assert.equal(write("numeric(3,-2)", d("12310")), "not a multiple of 1e2: 12310");
  assert.equal(write("numeric", d("1e131072")), "out of range for numeric: 1e131072");
  assert.equal(write("numeric", d("1e-16384")), "out of range for numeric: 1e-16384");
  assert.equal(write("numeric", NaN), "expected a number, received number");
});

Deno.test("write() of text counts characters and rejects what PostgreSQL cannot store", () => {
  assert.equal(write("text", "aä𝄞"), "61c3a4f09d849e");
  assert.equal(write("varchar(3)", "ä𝄞 "), "c3a4f09d849e20");
  assert.equal(write("varchar(3)", "abc "), "4 characters, too long for character varying(3)");
  assert.equal(write("text", "a\0"), "contains \\u0000, which PostgreSQL cannot store");
  assert.equal(write("text", "x".repeat(100) + "\0"), "contains \\u0000, which PostgreSQL cannot store");
  assert.match(write("text", "\ud834"), /half of a surrogate pair/);
  assert.equal(write("text", 1), "expected a string, received number");
  assert.equal(write("currency", "EUR", {}, ["EUR"]), "455552");
  assert.equal(write("currency", "usd", {}, ["USD"]), 'not a label of currency: "usd"');
});

Deno.test("write() of text rejects characters that the server encoding does not have", () => {
  const characters = { encoding: "LATIN1", characters: new Set(["ä"]), countsBytes: false };
  assert.equal(write("text", "ä", { characters }), "c3a4");
  const problem = 'contains "€" (U+20AC), which the database\'s encoding LATIN1 does not have';
  assert.equal(write("text", "€", { characters }), problem);
  assert.equal(write("jsonb", ["€"], { characters }), problem);
  assert.equal(write("jsonb", source('"\\u20ac"'), { characters }), problem);
  assert.equal(write("json", source('"\\u20ac"'), { characters }), Buffer.from('"\\u20ac"').toString("hex"));
  const bytes = { encoding: "SQL_ASCII", countsBytes: true };
  assert.equal(
    write("jsonb", source('"\\u20ac \\ud834\\udd1e \\\\u20ac \\u0041"'), { characters: bytes }),
    "01" + Buffer.from('"€ 𝄞 \\\\u20ac \\u0041"').toString("hex"),
  );
  assert.equal(write("varchar(1)", "€", { characters: bytes }), "3 bytes, too long for character varying(1)");
});

const source = (text: string) => new JsonSource(Buffer.from(text), 0, Buffer.byteLength(text));

Deno.test("write() of json and jsonb keeps exact numbers and rejects what PostgreSQL cannot store", () => {
  const hex = (text: string) => Buffer.from(text).toString("hex");
  assert.equal(
    write("json", { a: [d("0.10"), 12345678901234567890n] }),
    hex('{"a":[0.10,12345678901234567890]}'),
  );
  assert.equal(write("jsonb", source('{"a":1e131071}')), "01" + hex('{"a":1e131071}'));
  for (const text of ['"\\u0000"', '{"a\\\\\\u0000":1}']) {
    assert.match(write("json", source(text)), /u0000, which/);
  }
  for (const text of ['"\\ud834"', '"\\udd1e"', '"\\ud834\\n"', '"\\ud834\\ud834"']) {
    assert.match(write("jsonb", source(text)), /half of a surrogate pair/);
  }
  assert.equal(
    write("jsonb", source('"\\\\u0000 \\ud834\\udd1e"')),
    "01" + hex('"\\\\u0000 \\ud834\\udd1e"'),
  );
  assert.match(write("jsonb", source("[1e131072]")), /out of range for numeric: 1e131072/);
  assert.match(write("jsonb", source(`[0.${"0".repeat(16384)}1]`)), /out of range for numeric/);
  assert.equal(write("json", source('["1e131072", 1e131072]')), hex('["1e131072", 1e131072]'));
});

Deno.test("write() of uuid, boolean and bytea", () => {
  const hex = "00112233445566778899aabbccddeeff";
  assert.equal(write("uuid", "00112233-4455-6677-8899-AABBCCDDEEFF"), hex);
  assert.equal(write("uuid", hex), hex);
  assert.match(write("uuid", "00112233-44556677-8899-aabbccddeeff"), /^not a UUID/);
  assert.equal(write("boolean", true) + write("boolean", false), "0100");
  assert.equal(write("boolean", "true"), "expected true or false, received string");
  assert.equal(write("bytea", "AAH/"), "0001ff");
  assert.equal(write("bytea", "AA=="), "00");
  assert.equal(write("bytea", new Uint8Array([1, 2])), "0102");
  for (const text of ["AA=", "A", "AA-_", "AA==AA==", " AAAA", "é"]) {
    assert.match(write("bytea", text), /^not Base64/);
  }
});

Deno.test("write() of arrays has dimensions and NULL elements", () => {
  assert.equal(write("integer[]", []), "000000000000000000000017");
  assert.equal(
    write("int4[]", [1, null]),
    "00000001" + "00000001" + "00000017" + "00000002" + "00000001" + "0000000400000001" + "ffffffff",
  );
  assert.equal(write("text[]", ["a", "\0"]), "element 2: contains \\u0000, which PostgreSQL cannot store");
  assert.equal(write("text[]", [["a"]]), "element 1: expected a string, received array");
  assert.equal(write("text[]", "a"), "expected an array, received string");
});

Deno.test("write() appends NULL unless the column is NOT NULL", () => {
  const row = new RowBuffer();
  const type = createColumnType(parseType("text")!);
  assert.equal(type.write(undefined, row) ?? type.write(null, row), undefined);
  assert.equal(row.written().toString("hex"), "ffffffffffffffff");
  const required = createColumnType(parseType("text")!, { isNotNull: true });
  assert.equal(required.write(null, row), "null, but the column is NOT NULL");
});
