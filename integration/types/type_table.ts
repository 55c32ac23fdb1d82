/**
 * A table with a column of each type, its stream file, and records that contain usual and hostile values of each column.
 *
 * `compare_types.py` computes the expected rows.
 *
 * @module
 */
import fc from "fast-check";

const numberSchema = { type: ["number", "null"] };
const integerSchema = { type: ["integer", "null"] };
const textSchema = { type: ["string", "null"] };
const arrayOf = (type: string) => ({ type: ["array", "null"], items: { type: [type, "null"] } });

interface TestColumn {
  /** In the existing table. */
  readonly sql: string;
  readonly schema: object;
  /** Properties of the column in the stream file. Its type may differ from that of the table, which counts. */
  readonly file?: object;
  /** JSON texts of usual values. */
  readonly values: readonly string[];
}

const texts = (...values: string[]) => values.map((value) => JSON.stringify(value));

const TIMESTAMPS = texts(
  "2024-02-29T23:59:59.9999995Z",
  "2024-02-29 12:00:00+02:30",
  "2016-12-31T23:59:60Z",
  "1969-12-31T23:59:59.000001-0800",
  "2024-03-31T02:30:00",
  "2024-10-27T02:30:00.5",
  "2024-06-01",
  "0001-01-01T00:00:00Z",
);

const EPOCHS = [
  "0",
  "-1",
  "1700000000",
  "1700000000.1234565",
  "1700000000123456789",
  "1.7e9",
  "0.0000005",
  "9224318015999",
];

/** The columns, by name. */
export const TEST_COLUMNS: Readonly<Record<string, TestColumn>> = {
  smallint: { sql: "smallint", schema: integerSchema, values: ["1", "-32768", "32767", "1e3"] },
  integer: { sql: "integer", schema: integerSchema, values: ["2147483647", "1.0"] },
  bigint: { sql: "bigint", schema: integerSchema, values: ["9223372036854775807", "9007199254740993"] },
  real: { sql: "real", schema: numberSchema, values: ["0.1", "16777217", "1.00000005960464477539062500001"] },
  double: { sql: "double precision", schema: numberSchema, values: ["0.1", "5e-324", "123456789012345678"] },
  numeric: {
    sql: "numeric",
    schema: numberSchema,
    values: ["0.1", "1.500", "1234567890123456789012345678901234567890.12"],
  },
  price: {
    sql: "price",
    schema: numberSchema,
    file: { type: "numeric(12,2)" },
    values: ["0.1", "9999999999.99", "1.500"],
  },
  Flag: { sql: "boolean", schema: { type: ["boolean", "null"] }, values: ["true", "false"] },
  text: { sql: "text", schema: textSchema, values: texts("a\tb", "käufer €", "𝄞", "\u2028") },
  varchar: { sql: "varchar(5)", schema: textSchema, values: texts("12345", "1234 ", "𝄞𝄞𝄞𝄞𝄞", "123456") },
  char: { sql: "char(5)", schema: textSchema, values: texts("abc", "𝄞") },
  uuid: { sql: "uuid", schema: textSchema, values: texts("00112233-4455-6677-8899-AABBCCDDEEFF") },
  mood: {
    sql: '"Types"."Mood"',
    schema: textSchema,
    file: { type: "text" },
    values: texts("sad", "ok ä", "it's"),
  },
  date: { sql: "date", schema: textSchema, values: texts("2024-02-29", "1900-02-29", "0001-01-01") },
  timestamp: { sql: "timestamp", schema: textSchema, values: TIMESTAMPS },
  timestamptz: { sql: "timestamptz", schema: textSchema, values: TIMESTAMPS },
  berlin: { sql: "timestamptz", schema: textSchema, file: { timeZone: "Europe/Berlin" }, values: TIMESTAMPS },
  seconds: { sql: "timestamptz", schema: numberSchema, file: { epoch: "s" }, values: EPOCHS },
  millis: { sql: "timestamptz", schema: numberSchema, file: { epoch: "ms" }, values: EPOCHS },
  micros: { sql: "timestamptz", schema: numberSchema, file: { epoch: "us" }, values: EPOCHS },
  nanos: { sql: "timestamptz", schema: numberSchema, file: { epoch: "ns" }, values: EPOCHS },
  json: { sql: "json", schema: {}, values: ['{"b": 1.50,"a":[ ]}', '"ä"', "1e999"] },
  jsonb: {
    sql: "jsonb",
    schema: {},
    values: ['{"b":1.50,"b":2,"a":{"c":[12345678901234567890]}}', '"\\u00e4"'],
  },
  bytea: { sql: "bytea", schema: textSchema, values: texts("AAH/", "AA==", "AA") },
  texts: { sql: "text[]", schema: arrayOf("string"), values: ['["a","","NULL","{,\\"}",null,"\\\\"]', "[]"] },
  integers: { sql: "integer[]", schema: arrayOf("integer"), values: ["[1,null,-1e3]", "[]", "[2147483648]"] },
  numerics: { sql: "numeric[]", schema: arrayOf("number"), values: ["[0.1,null,1.50]", "[1e131072]"] },
  moods: {
    sql: '"Types"."Mood"[]',
    schema: arrayOf("string"),
    file: { type: "text[]" },
    values: ['["sad",null,"it\'s"]', '["happy"]'],
  },
};

/** Mixed case, quoted; with columns that the stream does not fill. */
export const TEST_TABLE = '"Types"."All Types"';

export const TEST_TABLE_SQL = `
CREATE SCHEMA "Types";
CREATE TYPE "Types"."Mood" AS ENUM ('sad', 'ok ä', 'it''s');
CREATE DOMAIN price AS numeric(12,2);
CREATE TABLE ${TEST_TABLE} (
  serial bigint GENERATED ALWAYS AS IDENTITY,
  created timestamptz DEFAULT now(),
  id integer NOT NULL,
  twice bigint GENERATED ALWAYS AS (id * 2) STORED,
  ${Object.entries(TEST_COLUMNS).map(([name, { sql }]) => `"${name}" ${sql}`).join(",\n  ")}
);`;

/** The stream file. */
export const TEST_STREAM = {
  about: "a column of each type",
  topic: "types",
  table: TEST_TABLE,
  schema: {
    type: "object",
    required: ["id"],
    properties: {
      id: { type: "integer" },
      ...Object.fromEntries(Object.entries(TEST_COLUMNS).map(([name, { schema }]) => [name, schema])),
    },
  },
  columns: {
    id: { type: "integer" },
    ...Object.fromEntries(
      Object.entries(TEST_COLUMNS).map(([name, { sql, file }]) => [name, { type: sql, ...file }]),
    ),
  },
};

/** JSON texts of values that programs often convert wrongly. */
const HOSTILE = [
  ..."null true false 0 -0 -0.0 1 -1 1.5 1e3 1E-3 0.1 1e400 -1e400 1e-400 [] {} [[]] [{}] [null] [1.5] [true]"
    .split(" "),
  ..."32768 -32769 2147483648 9223372036854775808 -9223372036854775809 9007199254740993.0 0e999999999".split(
    " ",
  ),
  ..."1e999999999999999999999 -1e-999999999999999999999 0e-20000 1e131072 1e-16384 340282356779733661637539395458142568448"
    .split(" "),
  ..."10000000000 0.005 0.015 99.999 1e10 12345678901234567890.5 -62135596800 -62135596801 9224318016000"
    .split(" "),
  ...'"\\u0000" "\\ud800" "\\udc00\\ud800" "\\ud834\\udd1e" "a\\u0000b" "" " " "\\\\u0000" "\\uffff" "\\ufeff"'
    .split(" ")
    .filter((text) => text.length > 1),
  ...texts(
    "NaN",
    "Infinity",
    "-infinity",
    "infinity",
    "epoch",
    "now",
    "today",
    "NULL",
    "null",
    "∅ ",
    "\\N",
    "\\x00",
  ),
  ...texts(
    "1",
    "+1",
    " 1",
    "1 ",
    "0x10",
    "1_000",
    "1e3",
    "٣",
    "true",
    "t",
    "{}",
    "{1,2}",
    "[]",
    "SAD",
    "happy",
    "sad ",
  ),
  ...texts(
    "2024-02-30",
    "2023-02-29T00:00:00Z",
    "0000-01-01",
    "10000-01-01",
    "2024-01-01T24:00:00Z",
    "4713-01-01 BC",
  ),
  ...texts(
    "2024-01-01T00:00:61Z",
    "2024-01-01T00:00:00+16:00",
    "2024-01-01T00:00:00 Europe/Berlin",
    "2024-1-1",
  ),
  ...texts("2024-01-01T00:00:00,5Z", "20240101T000000Z", "2024-01-01T00:00:00.1234565Z", "2024-01-01T00:00Z"),
  ...texts("00112233445566778899aabbccddeeff", "{00112233-4455-6677-8899-aabbccddeeff}", "0011-2233"),
  ...texts(
    "AA=",
    "A===",
    "AA-_",
    "AAAA\n",
    "A",
    "AA==AA==",
    "x".repeat(3000),
    "𝄞".repeat(6),
    "     ",
    "123456",
  ),
  '["\\u0000"]',
  '[null,"\\ud800"]',
  '{"\\u0000":1}',
  '{"a":[{"b":"\\udc00"}]}',
  '{"a":1e200000}',
  `[0.${"0".repeat(16_384)}1]`,
];

/** Random numbers in all notations. */
const numbers = fc.tuple(
  fc.constantFrom("", "-"),
  fc.bigInt({ min: 0n, max: 10n ** 12n }),
  fc.oneof(fc.constant(""), fc.stringMatching(/^\.[0-9]{1,9}$/)),
  fc.oneof(fc.constant(""), fc.integer({ min: -9, max: 9 }).map((exponent) => `e${exponent}`)),
).map((parts) => parts.join(""));

/** Texts between the tokens of a record, as different serializers write them. */
const LAYOUTS = [[",", ":"], [", ", ": "], [" ,\t", " :  "]] as const;

/** Records with the usual values of several columns, which are mostly valid, in the same and in different orders and layouts. */
const wide = fc.record({
  members: fc.oneof(
    fc.constant(Object.entries(TEST_COLUMNS)),
    fc.shuffledSubarray(Object.entries(TEST_COLUMNS), { minLength: 5 }),
  ),
  // The first values are valid.
  index: fc.constantFrom(0, 0, 0, 1, 2),
  layout: fc.constantFrom(...LAYOUTS),
}).map(({ members, index, layout: [comma, colon] }) =>
  members.map(([name, { values }]) => `"${name}"${colon}${values[index % values.length]}`).join(comma)
);

/** The values of records as JSON without line feeds: one column of each, then several. */
export function testRecords(seed: number): string[] {
  const random = fc.sample(numbers, { numRuns: 60, seed });
  const members = Object.entries(TEST_COLUMNS).flatMap(([name, { values }]) =>
    [...values, ...HOSTILE, ...random].map((value) => `"${name}":${value}`)
  );
  return [...members, ...fc.sample(wide, { numRuns: 2_000, seed })].map((member, id) =>
    `{"id":${id},${member}}`
  );
}
