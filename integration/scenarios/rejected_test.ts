import assert from "assert";
import fc from "fast-check";
import { HOSTILE_VALUES } from "../harness/hostile_values.ts";
import { type RawRecord, send } from "../harness/produce.ts";
import { scenario } from "../harness/scenario.ts";

const bytes = (...numbers: number[]) => new Uint8Array(numbers);
const utf8 = (text: string) => new TextEncoder().encode(text);

scenario({
  name:
    "consumer stores or rejects each hostile value as its table says when they are mixed with valid records",
  failure:
    "Hundreds of values of up to 1 MiB that are hard to parse: invalid JSON of every kind, invalid UTF-8, deep nesting, numbers beyond limits, duplicate and escaped names, names of prototypes, SQL in every field",
  result:
    "None stops the consumer; each is stored as the correct row or rejected, byte for byte, with the correct reason",
}, async (s) => {
  const consumer = await s.startConsumer();
  const load = await s.startLoad(20_000);
  await s.waitForRows([consumer]);
  const records: RawRecord[] = [
    ...HOSTILE_VALUES.map(({ kind, value }) => ({ value, key: kind })),
    { key: null, value: "no key" },
    { key: bytes(0, 255, 92, 10, 9), value: bytes(0, 255, 92, 10, 9) },
    { key: "k".repeat(100_000), value: "{}" },
    { key: "'); DROP TABLE rejected_records; --", value: "{" },
    { key: "headers", value: "{", headers: { trace: "00-1-2", "": "\0", "'); DROP TABLE x; --": "x" } },
  ];
  for (const batch of batches(records)) {
    // The broker accepts batches of up to 1 MiB, compressed.
    await send(s.kafka.bootstrapServers, s.topic(), batch, { gzip: true });
  }
  await s.waitForExit(load);
  // Compares the rows; rules_test.ts checks that they are the rows of HOSTILE_VALUES.
  const { reasons } = await s.reconcile({ unless: () => consumer.assertRunning() });
  assert(Object.keys(reasons).length >= 7);

  const rejected = new Map(
    (await s.database.query<{ key: Uint8Array; reason: string; detail: string }>(
      "SELECT key, reason, detail FROM rejected_records WHERE key IS NOT NULL",
    )).map(({ key, ...why }) => [new TextDecoder().decode(key), why]),
  );
  for (const hostile of HOSTILE_VALUES) {
    const found = rejected.get(hostile.kind);
    assert.equal(found?.reason, "reason" in hostile ? hostile.reason : undefined, hostile.kind);
    assert((found?.detail ?? "").length < 1_000, `${hostile.kind}: the detail is too long`);
  }
});

/** Splits records into batches of about 100 kB; a larger record is a batch of its own. */
function* batches(records: readonly RawRecord[]): Generator<RawRecord[]> {
  let batch: RawRecord[] = [], size = 0;
  for (const record of records) {
    size += record.value?.length ?? 0;
    batch.push(record);
    if (size < 100_000) continue;
    yield batch;
    batch = [];
    size = 0;
  }
  yield batch;
}

scenario({
  name: "consumer stores or rejects every value when the values are random",
  failure: "Thousands of random values: JSON of any shape, records with one part changed, arbitrary bytes",
  result: "Each is stored or rejected according to the record's rules",
}, async (s) => {
  const consumer = await s.startConsumer();
  await consumer.waitForReady();
  const values = fc.sample(arbitraryValue, { numRuns: 6_000, seed: s.random.seed | 0 });
  for (let at = 0; at < values.length; at += 500) {
    await send(
      s.kafka.bootstrapServers,
      s.topic(),
      values.slice(at, at + 500).map((value, i) => ({ key: `${at + i}`, value })),
      { gzip: true },
    );
  }
  const { stored, rejected } = await s.reconcile({ unless: () => consumer.assertRunning() });
  assert(stored > 300 && rejected > 300, `${stored} stored and ${rejected} rejected: too few`);
});

/** Numbers: any double, limits and values next to them, many digits, exponents. */
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

/** A value of a record, usually a number in the valid range. */
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

/** A record with one byte removed, changed or duplicated. */
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
