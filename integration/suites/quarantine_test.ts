import assert from "assert";
import fc from "fast-check";
import { type RawRecord, send } from "../harness/produce.ts";
import { scenario } from "../harness/scenario.ts";

const bytes = (...numbers: number[]) => new Uint8Array(numbers);
const utf8 = (text: string) => new TextEncoder().encode(text);
const route = (fields: string) => `{"userID":7,"timestamp":1700000000.5,"coordinates":[1.5,2.5]${fields}}`;
const user = (text: string) => `{"userID":${text},"timestamp":1700000000.5,"coordinates":[1.5,2.5]}`;
const time = (text: string) => `{"userID":7,"timestamp":${text},"coordinates":[1.5,2.5]}`;
const place = (text: string) => `{"userID":7,"timestamp":1700000000.5,"coordinates":${text}}`;
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

/** Every kind of malformed value, and what its reason must say. */
const MALFORMED: [kind: string, value: RawRecord["value"], reason: RegExp][] = [
  ["no value", null, /no value/],
  ["empty", "", /empty/],
  ["blanks", "  \n", /JSON/],
  ["text", "hello", /JSON/],
  ["cut off", '{"userID":7,"timestamp":1700000000.5,"coor', /JSON/],
  ["two records", route("") + route(""), /JSON/],
  ["trailing comma", route(","), /JSON/],
  ["single quotes", route("").replaceAll('"', "'"), /JSON/],
  ["a comment", route("/* here */"), /JSON/],
  ["NaN", time("NaN"), /JSON/],
  ["Infinity", time("Infinity"), /JSON/],
  ["a leading zero", user("07"), /JSON/],
  ["a leading plus", user("+7"), /JSON/],
  ["a hexadecimal number", user("0x7"), /JSON/],
  ["a bare fraction", time(".5"), /JSON/],
  ["a NUL byte behind", new Uint8Array([...utf8(route("")), 0]), /JSON/],
  ["a NUL byte within", route(',"name":"a\0b"'), /JSON/],
  ["only NUL bytes", bytes(0, 0, 0, 0), /JSON/],
  ["a byte order mark", "\uFEFF" + route(""), /JSON/],
  ["UTF-16", new Uint8Array([...route("")].flatMap((c) => [c.charCodeAt(0), 0])), /JSON|UTF-8/],
  ["not UTF-8", bytes(0xff, 0xfe, 0xfd), /UTF-8/],
  ["Latin-1 in a string", bytes(...utf8(route(',"name":"')), 0xe9, ...utf8('"}')), /UTF-8/],
  ["an overlong sequence", bytes(...utf8(route(',"name":"')), 0xc0, 0xaf, ...utf8('"}')), /UTF-8/],
  ["a surrogate as UTF-8", bytes(...utf8(route(',"name":"')), 0xed, 0xa0, 0x80, ...utf8('"}')), /UTF-8/],
  ["a megabyte of noise", "x".repeat(1_000_000), /JSON/],
  ["a megabyte of nesting", nested(500_000), /deep|nested/],
  ["half a megabyte of opening brackets", "[".repeat(500_000), /deep|nested|JSON/],
  ["a megabyte of escaped quotes", '"' + '\\"'.repeat(499_000), /JSON/],
  ["a megabyte of opening quotes", '"a":'.repeat(250_000), /JSON/],
  ["nesting in an unknown field", route(`,"more":${nested(1_000)}`), /deep|nested/],
  ["null", "null", /record|object/],
  ["true", "true", /record|object/],
  ["a number", "42", /record|object/],
  ["a string", JSON.stringify(route("")), /record|object/],
  ["an array", "[]", /record|object/],
  ["an array of a record", `[${route("")}]`, /record|object/],
  ["an empty object", "{}", /record/],
  ["userID missing", '{"timestamp":1,"coordinates":[1,1]}', /record/],
  ["userID as a string", user('"7"'), /record/],
  ["userID null", user("null"), /record/],
  ["userID with a fraction", user("7.5"), /record/],
  ["userID negative", user("-1"), /record/],
  ["userID 2^31", user("2147483648"), /record/],
  ["userID 1e400", user("1e400"), /record/],
  ["userID true", user("true"), /record/],
  ["userID wrong, userId right", '{"userID":"x","userId":7,"timestamp":1,"coordinates":[1,1]}', /record/],
  ["userid", '{"userid":7,"timestamp":1,"coordinates":[1,1]}', /record/],
  ["timestamp missing", '{"userID":7,"coordinates":[1,1]}', /record/],
  ["timestamp as a string", time('"1700000000.5"'), /record/],
  ["timestamp 1e400", time("1e400"), /record/],
  ["timestamp negative", time("-0.001"), /record/],
  ["timestamp as a date", time('"2023-11-14T22:13:20Z"'), /record/],
  ["coordinates missing", '{"userID":7,"timestamp":1}', /record/],
  ["coordinates null", place("null"), /record/],
  ["coordinates as a string", place('"1.5,2.5"'), /record/],
  ["coordinates as an object", place('{"0":1.5,"1":2.5,"length":2}'), /record/],
  ["no coordinate", place("[]"), /record/],
  ["one coordinate", place("[1.5]"), /record/],
  ["three coordinates", place("[1.5,2.5,3.5]"), /record/],
  ["coordinates in an array", place("[[1.5,2.5]]"), /record/],
  ["coordinates as strings", place('["1.5","2.5"]'), /record/],
  ["latitude null", place("[null,2.5]"), /record/],
  ["latitude 90.0000001", place("[90.0000001,2.5]"), /record/],
  ["latitude just above 90", place("[90.00000000000001421,2.5]"), /record/],
  ["latitude -90.5", place("[-90.5,2.5]"), /record/],
  ["longitude 180.0000001", place("[1.5,180.0000001]"), /record/],
  ["longitude -1e400", place("[1.5,-1e400]"), /record/],
  ["userID twice", '{"userID":7,"userID":7,"timestamp":1,"coordinates":[1,1]}', /duplicate/],
  [
    "userID twice, once escaped",
    '{"userID":7,"user\\u0049D":8,"timestamp":1,"coordinates":[1,1]}',
    /duplicate/,
  ],
  ["coordinates twice", route(',"coordinates":[3,4]'), /duplicate/],
  ["an unknown name twice", route(',"a":1,"a":2'), /duplicate/],
  ["__proto__ for a record", '{"__proto__":{"userID":7,"timestamp":1,"coordinates":[1,1]}}', /record/],
  ["a constructor", '{"constructor":{"prototype":{"userID":7}},"timestamp":1,"coordinates":[1,1]}', /record/],
  ["SQL", "'); DROP TABLE routes_table; --", /JSON/],
  ["SQL in a field", user(`"7'); DROP TABLE routes_table; --"`), /record/],
  ["a NUL character for a user", user('"\\u0000"'), /record/],
  ["a lone surrogate for a user", user('"\\ud800"'), /record/],
];

/** Odd, and yet valid. */
const VALID: [kind: string, value: RawRecord["value"]][] = [
  ["blanks anywhere", ' {\t"userID" :\n7 , "timestamp":1700000000.5,"coordinates": [ 1.5 , 2.5 ]\r\n} '],
  ["the original's spelling", '{"userId":7,"timestamp":1700000000.5,"coordinates":[1.5,2.5]}'],
  ["both spellings", '{"userId":"x","userID":7,"timestamp":1700000000.5,"coordinates":[1.5,2.5]}'],
  ["another order", '{"coordinates":[1.5,2.5],"timestamp":1700000000.5,"userID":7}'],
  ["an escaped name", '{"user\\u0049D":7,"timestamp":1700000000.5,"coordinates":[1.5,2.5]}'],
  ["whole numbers with an exponent", '{"userID":7e0,"timestamp":17E8,"coordinates":[1.5e+0,25e-1]}'],
  ["whole numbers with a fraction", '{"userID":7.0,"timestamp":1700000000.0,"coordinates":[1.0,2.0]}'],
  ["negative zeros", '{"userID":-0,"timestamp":-0,"coordinates":[-0,-0.0]}'],
  ["the least", '{"userID":0,"timestamp":0,"coordinates":[-90,-180]}'],
  ["the greatest", '{"userID":2147483647,"timestamp":1.7976931348623157e308,"coordinates":[90,180]}'],
  [
    "the smallest double",
    '{"userID":7,"timestamp":5e-324,"coordinates":[4.9e-324,-2.2250738585072014e-308]}',
  ],
  ["too small for a double", '{"userID":7,"timestamp":1e-400,"coordinates":[1e-400,-1e-400]}'],
  ["digits beyond a double", place(`[48.8566140000000123456789012345678901234567,2.${"3".repeat(400)}]`)],
  ["halfway between two doubles", time("9007199254740993.0")],
  ["latitude rounded to 90", place("[90.000000000000000001,2.5]")],
  ["a NUL character in an unknown field", route(',"name":"\\u0000"')],
  ["a lone surrogate in an unknown field", route(',"name":"\\udead"')],
  ["the same name in another object", route(',"a":{"userID":1,"userID":2},"b":{"a":1}')],
  ["__proto__", route(',"__proto__":{"userID":9}')],
  ["brackets in a string", route(`,"name":"${"[{".repeat(500)}\\"]"`)],
  ["a megabyte of an unknown field", route(`,"more":"${"x".repeat(1_000_000)}"`)],
  ["a megabyte of escapes", route(`,"more":"${'\\"'.repeat(450_000)}"`)],
];

scenario({
  name: "consumer quarantines every kind of malformed value byte for byte when they come among others",
  fault: `Malformed values of ${MALFORMED.length} kinds among ${VALID.length} odd but valid ones, under load`,
  outcome:
    "None stops the consumer or reaches the table; each lies in quarantine byte for byte, with a reason",
}, async (s) => {
  const consumer = await s.consumer();
  const load = await s.load(20_000);
  await s.flowing([consumer]);
  const records: (RawRecord & { kind: string; reason?: RegExp })[] = [
    ...MALFORMED.map(([kind, value, reason]) => ({ kind, value, reason, key: `kind ${kind}` })),
    ...VALID.map(([kind, value]) => ({ kind, value, key: `kind ${kind}` })),
    { kind: "no key", key: null, value: "no key" },
    { kind: "a key of bytes", key: bytes(0, 255, 92, 10, 9), value: bytes(0, 255, 92, 10, 9) },
    { kind: "a large key", key: "k".repeat(100_000), value: "{}" },
    { kind: "headers", key: "h", value: "{", headers: { trace: "00-1-2", "": "\0" } },
  ];
  // One by one, as a megabyte is the most that a request may have.
  for (const record of records) await send(s.kafka.bootstrapServers, s.topic(), [record]);
  await s.finished(load);
  await s.oracle({ unless: () => consumer.assertRunning() });

  const quarantined = await s.database.query<{ key: Uint8Array; reason: string; detail: string }>(
    "SELECT key, reason, detail FROM rejected_records WHERE key IS NOT NULL",
  );
  for (const { kind, key, reason } of records) {
    if (!reason) continue;
    const found = quarantined.find((row) => new TextDecoder().decode(row.key) === key);
    assert(found, `${kind} is in quarantine`);
    assert.match(`${found.reason}: ${found.detail}`, reason, kind);
    assert(found.detail.length < 1_000, `${kind}: a detail that a person can read`);
  }
});

scenario({
  name: "consumer stores or quarantines every value when they are arbitrary",
  fault: "Thousands of arbitrary values: JSON of any shape, records with any one part altered, any bytes",
  outcome: "Each is stored or quarantined, as the rules say",
}, async (s) => {
  const consumer = await s.consumer();
  await consumer.ready();
  const values = fc.sample(arbitraryValue, { numRuns: 6_000, seed: s.random.seed | 0 });
  for (let at = 0; at < values.length; at += 500) {
    await send(
      s.kafka.bootstrapServers,
      s.topic(),
      values.slice(at, at + 500).map((value, i) => ({ key: `${at + i}`, value })),
      { gzip: true },
    );
  }
  const { stored, rejected } = await s.oracle({ unless: () => consumer.assertRunning() });
  assert(stored > 300 && rejected > 300, `${stored} stored and ${rejected} rejected: both must be common`);
});

/** A number's text: any double, limits and what lies next to them, many digits, exponents. */
const numberText = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((n) => Object.is(n, -0) ? "-0" : `${n}`),
  fc.double({ min: -90, max: 90 }).map(String),
  fc.integer({ min: 0, max: 2 ** 31 - 1 }).map(String),
  fc.constantFrom(
    "90",
    "-90",
    "180",
    "-180",
    "2147483647",
    "2147483648",
    "1e400",
    "1E-7",
    "0.1e2",
    "-0.0",
    "1e21",
  ),
  fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.integer({ min: 0, max: 30 }))
    .map(([digits, decimals]) => {
      const text = `${digits}`.padStart(decimals + 1, "0");
      return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
    }),
);
const anything = fc.oneof(numberText, fc.json(), fc.constantFrom('"7"', "null", "[]", "{}", "true", ""));

/** A part of a record: nearly always a number that may be right. */
const part = (low: number, high: number, whole = false) =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: whole
        ? fc.integer({ min: low, max: high }).map(String)
        : fc.double({ min: low, max: high, noNaN: true }).map(String),
    },
    { weight: 2, arbitrary: numberText },
    { weight: 1, arbitrary: anything },
  );

const recordText = fc.record({
  name: fc.constantFrom("userID", "userID", "userID", "userId", "userid"),
  user: part(0, 2 ** 31 - 1, true),
  time: part(0, 2e9),
  latitude: part(-90, 90),
  longitude: part(-180, 180),
  blank: fc.constantFrom("", "", " ", "\t", "\r\n"),
  more: fc.oneof(
    { weight: 4, arbitrary: fc.constant("") },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.string({ unit: "binary" }), fc.json()).map(([k, v]) =>
        `,${JSON.stringify(k)}:${v}`
      ),
    },
  ),
}).map(({ name, user, time, latitude, longitude, blank, more }) =>
  `{${blank}"${name}":${user},"timestamp":${blank}${time},"coordinates":[${latitude}${blank},${longitude}]${more}}`
);

/** Bytes with one of them removed, altered or doubled. */
const damaged = fc.tuple(recordText, fc.nat(), fc.nat(255), fc.constantFrom("remove", "alter", "double")).map(
  ([text, position, byte, how]) => {
    const value = [...utf8(text)];
    const at = position % value.length;
    if (how === "remove") value.splice(at, 1);
    else if (how === "alter") value[at] = byte;
    else value.splice(at, 0, value[at]!);
    return new Uint8Array(value);
  },
);

const arbitraryValue: fc.Arbitrary<string | Uint8Array | null> = fc.oneof(
  { weight: 6, arbitrary: recordText },
  { weight: 3, arbitrary: damaged },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, "") },
);
