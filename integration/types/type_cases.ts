/**
 * Random values of each type, and what PostgreSQL's text input makes of them.
 *
 * @module
 */
import fc from "fast-check";
import type { TypeOptions } from "../../shared/types/column_type.ts";
import { Decimal } from "../../shared/types/decimal.ts";
import { JsonSource } from "../../shared/types/json_source.ts";

/** A value for `write()`, and the text that the expressions receive as column `text`. */
export interface Sample {
  readonly value: unknown;
  readonly text: string;
}

/** A type with its values. */
export interface TypeCase {
  readonly sql: string;
  readonly options?: TypeOptions;
  readonly samples: fc.Arbitrary<Sample>;
  /** SQL of the stored value. Default: the cast of the text. */
  readonly expected?: string;
  /** SQL of whether the value can be stored without a change. Default: whether the text is valid input of the type. */
  readonly storable?: string;
}

const decimals = fc.record({
  sign: fc.constantFrom("", "-"),
  whole: fc.oneof(
    fc.bigInt({ min: 0n, max: 10n ** 20n }),
    fc.constantFrom(0n, 32767n, 32768n, 2147483647n, 2147483648n, 9223372036854775807n, 9223372036854775808n),
  ),
  fraction: fc.oneof(fc.constantFrom("", "0", "00"), fc.stringMatching(/^[0-9]{1,30}$/)),
  exponent: fc.oneof(
    fc.constantFrom("", "e0", "E+2", "e-2"),
    fc.integer({ min: -30, max: 30 }).map((e) => `e${e}`),
  ),
}).map(({ sign, whole, fraction, exponent }) => `${sign}${whole}${fraction && "."}${fraction}${exponent}`);

const huge = fc.constantFrom(
  ..."1e131071 1e131072 9.9e131071 1e-16383 1e-16384 1.5e-16383 0e-16384 0e200000 -1e999999999 1e-999999999 0e999999999"
    .split(" "),
);

const numbers = (texts: fc.Arbitrary<string>) => texts.map((text) => ({ value: new Decimal(text), text }));

const integerCase = (sql: string, bits: bigint): TypeCase => ({
  sql,
  samples: numbers(decimals),
  expected: `text::numeric::${sql}`,
  storable: `text::numeric = trunc(text::numeric) AND text::numeric BETWEEN -2::numeric ^ ${
    bits - 1n
  } AND 2::numeric ^ ${bits - 1n} - 1`,
});

/** Decimals near the middle between two reals, which a double may hide. */
const nearMiddle = fc.record({
  float: fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-3), max: Math.fround(1e6) }),
  tail: fc.constantFrom("", "1", "0000000000000000000001"),
}).map(({ float, tail }) => {
  const bits = new Int32Array(new Float32Array([float]).buffer);
  bits[0]!++;
  const middle = (float + new Float32Array(bits.buffer)[0]!) / 2;
  return middle.toFixed(60).replace(/0+$/, "") + tail;
});

const doubles = fc.oneof(
  decimals,
  nearMiddle,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
const isNormal = (min: number, max: number) => (text: string) =>
  Number(text) === 0 || (Math.abs(Number(text)) > min && Math.abs(Number(text)) < max);

const texts = fc.string({ unit: "grapheme", maxLength: 8 }).filter((text) => !text.includes("\0"));

const pad = (length: number) => (value: number) => String(value).padStart(length, "0");
const days = fc.tuple(
  fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(1, 1900, 2000, 2023, 2024)).map(pad(4)),
  fc.oneof(fc.integer({ min: 0, max: 13 }), fc.constant(2)).map(pad(2)),
  fc.oneof(fc.integer({ min: 0, max: 32 }), fc.integer({ min: 28, max: 31 })).map(pad(2)),
).map((parts) => parts.join("-"));

const times = fc.tuple(
  fc.integer({ min: 0, max: 25 }).map(pad(2)),
  fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(0, 30, 59)).map(pad(2)),
  fc.oneof(fc.integer({ min: 0, max: 61 }), fc.constantFrom(59, 60)).map(pad(2)),
  fc.oneof(
    fc.constant(""),
    fc.stringMatching(/^\.[0-9]{1,12}$/),
    fc.constantFrom(".9999995", ".0000005", ".1234565"),
  ),
).map(([hours, minutes, seconds, fraction]) => `${hours}:${minutes}:${seconds}${fraction}`);

const offsets = fc.constantFrom("Z", "z", "+00", "+01", "-0130", "+05:45", "-15:59", "+15:59:59", "+16:00");

const dated = (offset: fc.Arbitrary<string>) =>
  fc.tuple(days, fc.constantFrom("T", "t", " "), times, offset).map((parts) => parts.join(""))
    // PostgreSQL rejects a leap second with a fraction; write() stores the next second.
    .filter((text) => !/23:59:60\.0*[1-9]/.test(text));

const plain = (texts: fc.Arbitrary<string>) => texts.map((text) => ({ value: text, text }));

/** Local times around the transitions of several zones, in years whose rules are the same in all versions of the tz database. */
const localTimes = fc.record({
  day: fc.constantFrom(
    ...[
      "2021-03-14",
      "2021-03-28",
      "2021-04-04",
      "2021-10-03",
      "2021-10-31",
      "2021-11-07",
      "1980-04-06",
      "1996-10-27",
    ],
  ),
  minutes: fc.integer({ min: 0, max: 300 }),
  seconds: fc.constantFrom("00", "59", "60", "30.123456"),
}).map(({ day, minutes, seconds }) =>
  `${day}T${pad(2)(Math.floor(minutes / 60))}:${pad(2)(minutes % 60)}:${seconds}`
);

export const LOCAL_ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns"];

const isCommonEra =
  "extract(year FROM CASE WHEN pg_input_is_valid(text, 'timestamp') THEN text::timestamp END) > 0";

const jsonTexts = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.tuple(fc.constantFrom("", " ", "\t"), fc.oneof(decimals, huge)).map(([space, number]) =>
    `[${space}${number},{"a":${number}}]`
  ),
  fc.string({
    unit: fc.constantFrom(
      "\\u0000",
      "\\ud834",
      "\\udd1e",
      "\\ud834\\udd1e",
      "\\\\",
      '\\"',
      "ä",
      "𝄞",
      "u0000",
    ),
  })
    .map((text) => `{"${text}":["${text}"]}`),
);
const sources = jsonTexts.map((text) => {
  const bytes = new TextEncoder().encode(text);
  return { value: new JsonSource(bytes, 0, bytes.length), text };
});

/** Arrays, with their JSON as the text. */
const arrays = <T>(elements: fc.Arbitrary<T>) =>
  fc.array(fc.option(elements), { maxLength: 5 }).map((value) => ({ value, text: JSON.stringify(value) }));

const arrayCase = <T>(sql: string, elements: fc.Arbitrary<T>): TypeCase => ({
  sql: `${sql}[]`,
  samples: arrays(elements),
  expected: `ARRAY(SELECT jsonb_array_elements_text(text::jsonb)::${sql})`,
  storable: "true",
});

/** Types whose reference is PostgreSQL's own text input. */
export const TYPE_CASES: readonly TypeCase[] = [
  integerCase("smallint", 16n),
  integerCase("integer", 32n),
  integerCase("bigint", 64n),
  { sql: "numeric", samples: numbers(fc.oneof(decimals, huge)) },
  ...["numeric(12,2)", "numeric(30,25)", "numeric(5,-2)", "numeric(2,4)"].map((sql) => ({
    sql,
    samples: numbers(decimals),
    storable:
      `pg_input_is_valid(text, '${sql}') AND text::numeric = CASE WHEN pg_input_is_valid(text, '${sql}') THEN text::${sql} END`,
  })),
  { sql: "real", samples: numbers(doubles.filter(isNormal(1e-37, 1e38))) },
  { sql: "double precision", samples: numbers(doubles.filter(isNormal(1e-307, Infinity))) },
  { sql: "boolean", samples: fc.boolean().map((value) => ({ value, text: String(value) })) },
  { sql: "text", samples: plain(texts) },
  { sql: "varchar(5)", samples: plain(texts), storable: "char_length(text) <= 5" },
  { sql: "char(5)", samples: plain(texts), storable: "char_length(text) <= 5" },
  { sql: "uuid", samples: plain(fc.oneof(fc.uuid(), fc.uuid().map((text) => text.toUpperCase()))) },
  { sql: "date", samples: plain(days) },
  ...["timestamp", "timestamp(3)", "timestamp(0)"].map((sql) => ({
    sql,
    samples: plain(dated(fc.constantFrom("", "Z"))),
    storable: `pg_input_is_valid(text, '${sql}') AND text !~ '[Tt ]24'`,
  })),
  ...["timestamptz", "timestamptz(2)"].map((sql) => ({
    sql,
    samples: plain(dated(offsets)),
    storable: `pg_input_is_valid(text, '${sql}') AND text !~ '[Tt ]24' AND ${isCommonEra}`,
  })),
  ...LOCAL_ZONES.map((timeZone) => ({
    sql: "timestamptz",
    options: { timeZone },
    samples: plain(localTimes),
    expected: `text::timestamp AT TIME ZONE '${timeZone}'`,
  })),
  { sql: "json", samples: sources, storable: "pg_input_is_valid(text, 'jsonb')" },
  { sql: "jsonb", samples: sources },
  {
    sql: "bytea",
    samples: fc.uint8Array().map((value) => ({ value, text: value.toBase64() })),
    expected: "decode(text, 'base64')",
    storable: "true",
  },
  {
    sql: "bytea",
    samples: plain(fc.uint8Array().map((value) => value.toBase64())),
    expected: "decode(text, 'base64')",
    storable: "true",
  },
  arrayCase("text", texts),
  arrayCase("integer", fc.integer()),
  arrayCase("numeric", decimals.map((text) => new Decimal(text))),
  arrayCase("boolean", fc.boolean()),
  arrayCase("uuid", fc.uuid()),
  arrayCase("mood", fc.constantFrom("sad", "ok ä", "it's")),
];
