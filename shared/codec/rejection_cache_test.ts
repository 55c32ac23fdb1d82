import assert from "assert";
import fc from "fast-check";
import { z } from "zod";
import type { Stream } from "../stream.ts";
import { loadStreams } from "../streams.ts";
import { createDecoder } from "./decoder.ts";
import { GeneralReader, INVALID_RECORD } from "./general_reader.ts";
import { type Rejection } from "./rejection.ts";
import { RejectionCache } from "./rejection_cache.ts";

const streams = await loadStreams(["routes", "battery"]);
const [routes] = streams;
const encode = (text: string) => new TextEncoder().encode(text);

/** A cache with a reader that computes the shape codes. */
class CacheWithReader {
  readonly #cache = new RejectionCache();
  readonly #reader: GeneralReader;
  readonly #row: Float64Array;
  #isInvalid = false;

  constructor(stream: Stream) {
    this.#reader = new GeneralReader(stream);
    this.#row = new Float64Array(stream.fields.length);
  }

  get(bytes: Uint8Array, start: number, end: number): Rejection | undefined {
    this.#isInvalid = this.#reader.read(bytes, start, end, this.#row) === INVALID_RECORD;
    return this.#isInvalid ? this.#cache.get(this.#reader.shapeCode) : undefined;
  }

  /** Records the rejection of the value of the last call of get(). */
  record(rejection: Rejection): void {
    if (this.#isInvalid) this.#cache.record(this.#reader.shapeCode, rejection);
  }
}

/** JSON texts of values of every kind, and numbers close to each limit. */
const value = (stream: Stream) =>
  fc.oneof(
    fc.constantFrom(
      ...[
        '"1"',
        "true",
        "null",
        "{}",
        "[]",
        "[1]",
        "0",
        "-0",
        "1.5",
        "-1e3",
        "1e400",
        "-1e400",
        "1e16",
        "-1e16",
      ],
      ...[
        "3.0",
        "15e-1",
        "12345678901234567890.5",
        '{"userID":1}',
        "[[1,2]]",
        '[1,"2"]',
        "[1,2,3]",
        "[91,-181]",
      ],
      ...stream.fields.flatMap(({ min, max }) =>
        [min - 0.5, min - 1, min, max, max + 1, max + 0.5].map(String)
      ),
    ),
    fc.tuple(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ).map((pair) => JSON.stringify(pair)),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.json(),
  );

/** JSON texts of objects with some of a stream's members, valid and invalid, in any order, with duplicates and unknown members. */
function recordText(stream: Stream): fc.Arbitrary<string> {
  const names = [
    ...new Set(stream.fields.flatMap(({ path: [name], alias }) => alias ? [name, alias] : [name])),
  ];
  const valid = JSON.stringify(stream.generate!.uniform({ userID: 3, timestamp: 1.5, random: () => 0.6 }))
    .slice(1, -1);
  const member = fc.tuple(
    fc.constantFrom(...names, "other", "user\\u0049D", "__proto__", "é"),
    value(stream),
  );
  return fc.tuple(
    fc.boolean(),
    fc.uniqueArray(member, { maxLength: 5, selector: ([name]) => name }),
    fc.array(member, { maxLength: 1 }),
    fc.constantFrom("", " ", "\n\t"),
  ).map(([whole, members, more, space]) =>
    `{${
      [
        ...whole ? [valid] : [],
        ...[...members, ...more].map(([name, text]) => `"${name}"${space}:${space}${text}`),
      ]
        .join(`${space},`)
    }${space}}${space}`
  );
}

for (const stream of streams) {
  Deno.test(`RejectionCache.get() returns what the schema says of an invalid ${stream.name} record`, () => {
    const decode = createDecoder(stream), cache = new CacheWithReader(stream);
    const row = new Float64Array(stream.fields.length);
    let found = 0;
    fc.assert(
      fc.property(fc.oneof({ arbitrary: recordText(stream), weight: 9 }, value(stream)), (text) => {
        const bytes = encode(text);
        const cached = cache.get(bytes, 0, bytes.length);
        const rejection = decode(bytes, row);
        const { error } = stream.schema.safeParse(JSON.parse(text));
        if (!error) return assert.ok(cached === undefined && rejection?.reason !== "invalid record", text);
        const detail = error.issues.map(({ message }) => message).join("; ");
        const expected: Rejection = { reason: "invalid record", detail };
        assert.deepEqual(rejection, expected, text);
        if (cached) found++;
        assert.deepEqual(cached ?? expected, expected, text);
        cache.record(expected);
      }),
      { numRuns: 30_000 },
    );
    assert.ok(found > 3_000, `only ${found} rejections were cached`);
  });
}

/** The cached detail for a text after the schema rejected others. */
function cachedAfter(stream: Stream, others: readonly string[], text: string): string | undefined {
  const cache = new CacheWithReader(stream);
  const find = (text: string) => {
    // Surrounded by other bytes, as in a batch.
    const bytes = encode(`{"${text}"}`);
    return cache.get(bytes, 2, bytes.length - 2);
  };
  for (const other of others) {
    find(other);
    const { error } = stream.schema.safeParse(JSON.parse(other));
    if (error) cache.record({ reason: "invalid record", detail: error.issues[0]!.message });
  }
  return find(text)?.detail;
}

const record = (userID: string) => `{"userID":${userID},"timestamp":1,"coordinates":[1,2]}`;

Deno.test("RejectionCache.get() returns a rejection when the schema has returned it three times", () => {
  const others = ["-1", "-2", "-2147483648"].map(record);
  assert.equal(cachedAfter(routes!, others.slice(1), record("-7")), undefined);
  assert.equal(cachedAfter(routes!, others, record("-7")), "userID is below 0");
  assert.equal(
    cachedAfter(routes!, others, '{"coordinates":[3,4],"x":{},"timestamp":0,"userId":-7}'),
    "userID is below 0",
  );
  for (const other of ["-7.5", "-1e400", '"-7"', "2147483648", "7"]) {
    assert.equal(cachedAfter(routes!, others, record(other)), undefined, other);
  }
});

Deno.test("RejectionCache.get() returns nothing when a text is not JSON, or a name is escaped", () => {
  const others = ["-1", "-2", "-3"].map(record);
  for (
    const text of [
      record("-7") + "x",
      record("-7").slice(0, -1),
      record("-07"),
      record("-7").replace("user", "\\u0075ser"),
    ]
  ) {
    assert.equal(cachedAfter(routes!, others, text), undefined, text);
  }
});

Deno.test("RejectionCache.get() returns nothing when the schema's messages quote the value", () => {
  const userID = z.number().min(0, { error: ({ input }) => `${input} is below 0` });
  const stream: Stream = { ...routes!, schema: z.object({ userID }) };
  const others = ["-1", "-1", "-2", "-1", "-1"].map(record);
  assert.equal(cachedAfter(stream, others, record("-1")), undefined);
});

Deno.test("RejectionCache.get() returns nothing when the schema rejects more than single members", () => {
  const schema = z.object({ userID: z.number() }).refine(({ userID }) => userID % 2 === 0, {
    error: "is odd",
  });
  const others = ["1", "3", "5", "7"].map(record);
  assert.equal(cachedAfter({ ...routes!, schema }, others, record("8e0")), undefined);
});
