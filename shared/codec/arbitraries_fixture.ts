/**
 * Values near those of records, for property tests.
 *
 * @module
 */
import fc from "fast-check";
import type { Stream } from "../stream.ts";
import { createEncoder } from "./encoder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** JSON texts near a record of ours: the right skeleton, with numbers in and out of every range, and mutations of it. */
export function nearlyPlain(stream: Stream): fc.Arbitrary<string> {
  const number = fc.oneof(
    { arbitrary: fc.double({ min: 0, max: 91, noNaN: true }).map(String), weight: 12 },
    { arbitrary: fc.integer({ min: 0, max: 91 }).map(String), weight: 12 },
    {
      arbitrary: fc.constantFrom(
        "-0",
        "0",
        "90",
        "90.0000001",
        "-90",
        "180.00000000000003",
        "1e400",
        "1e2",
        "2147483648",
        "3.0",
        "00",
        "1.",
        "null",
        '"1"',
      ),
      weight: 3,
    },
  );
  const text = fc.tuple(...stream.fields.map(() => number)).map((numbers) => {
    let n = 0;
    const record: unknown = JSON.parse(
      createEncoder(stream)(stream.uniform({ userID: 0, timestamp: 0, random: () => 0.5 })),
    );
    return JSON.stringify(record).replace(/-?[\d.]+/g, () => numbers[n++]!);
  });
  return fc.tuple(text, fc.nat(), fc.constantFrom("", " ", "0", "-", ",", "}", "\0", "e1"), fc.boolean()).map(
    ([whole, at, piece, mutate]) => {
      if (!mutate) return whole;
      const index = at % (whole.length + 1);
      return whole.slice(0, index) + piece + whole.slice(index + (at % 2));
    },
  );
}

/** JSON texts of valid records, with numbers as places and times have them. */
function valid(stream: Stream): fc.Arbitrary<string> {
  const random = fc.integer({ min: 0, max: 2 ** 30 }).map((n) => n / 2 ** 30);
  return fc.array(random, { minLength: 8, maxLength: 8 }).map((numbers) => {
    let n = 0;
    const next = () => numbers[n++ % numbers.length]!;
    const moment = { userID: Math.floor(next() * 1000), timestamp: 1.7e9 + next(), random: next };
    return createEncoder(stream)(stream.uniform(moment));
  });
}

/** Records of ours with their members in any order, other members between them, white space, and some spoiled at a place. */
export function withOthers(stream: Stream): fc.Arbitrary<Uint8Array> {
  const name = fc.oneof(
    { arbitrary: fc.string({ unit: "binary", maxLength: 8 }), weight: 4 },
    {
      arbitrary: fc.constantFrom("userID", "userId", "timestamp", "coordinates", "__proto__", "a"),
      weight: 1,
    },
  );
  const other = fc.tuple(name, fc.json({ maxDepth: 3, stringUnit: "binary" })).map(([name, json]) =>
    `${JSON.stringify(name)}:${json}`
  );
  const members = fc.oneof(
    { arbitrary: valid(stream), weight: 4 },
    { arbitrary: nearlyPlain(stream), weight: 1 },
  ).map((text) => text.slice(1, -1).split(/,(?=")/));
  const space = fc.constantFrom("", "", "", " ", "\n\t\r ");
  const named = fc.boolean();
  const spoiled = fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 3 },
    { arbitrary: fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 2 })), weight: 1 },
  );
  return fc.tuple(members, fc.array(other, { maxLength: 3 }), fc.nat(), space, named, spoiled).map(
    ([members, others, order, space, alias, spoil]) => {
      const all = [...members, ...others];
      const turned = [...all.slice(order % all.length), ...all.slice(0, order % all.length)];
      const text = `${space}{${space}${turned.join(`${space},${space}`)}${space}}${space}`;
      const whole = bytes(alias ? text.replace('"userID"', '"userId"') : text);
      if (!spoil) return whole;
      const at = spoil[0] % whole.length;
      return Uint8Array.from([...whole.subarray(0, at), ...spoil[1], ...whole.subarray(at + spoil[0] % 3)]);
    },
  );
}
