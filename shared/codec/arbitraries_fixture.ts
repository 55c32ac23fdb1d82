/**
 * fast-check arbitraries of values similar to records.
 *
 * @module
 */
import fc from "fast-check";
import type { Stream } from "../stream.ts";
import { createEncoder } from "./encoder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** JSON texts as our producer writes them, with numbers within and outside the fields' ranges, and mutations of such texts. */
export function nearlyFastPath(stream: Stream): fc.Arbitrary<string> {
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
      createEncoder()(stream.generate!.uniform({ userID: 0, timestamp: 0, random: () => 0.5 })),
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

/** JSON texts of valid records, with realistic numbers. */
function valid(stream: Stream): fc.Arbitrary<string> {
  const random = fc.integer({ min: 0, max: 2 ** 30 }).map((n) => n / 2 ** 30);
  return fc.array(random, { minLength: 8, maxLength: 8 }).map((numbers) => {
    let n = 0;
    const next = () => numbers[n++ % numbers.length]!;
    const moment = { userID: Math.floor(next() * 1000), timestamp: 1.7e9 + next(), random: next };
    return createEncoder()(stream.generate!.uniform(moment));
  });
}

/** Records with their members in any order, unknown members, white space, and in some cases a mutation. */
export function reorderedRecords(stream: Stream): fc.Arbitrary<Uint8Array> {
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
    { arbitrary: nearlyFastPath(stream), weight: 1 },
  ).map((text) => text.slice(1, -1).split(/,(?=")/));
  const space = fc.constantFrom("", "", "", " ", "\n\t\r ");
  const useAlias = fc.boolean();
  const mutation = fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 3 },
    { arbitrary: fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 2 })), weight: 1 },
  );
  return fc.tuple(members, fc.array(other, { maxLength: 3 }), fc.nat(), space, useAlias, mutation).map(
    ([members, others, order, space, alias, mutated]) => {
      const all = [...members, ...others];
      const rotated = [...all.slice(order % all.length), ...all.slice(0, order % all.length)];
      const text = `${space}{${space}${rotated.join(`${space},${space}`)}${space}}${space}`;
      const whole = bytes(alias ? text.replace('"userID"', '"userId"') : text);
      if (!mutated) return whole;
      const at = mutated[0] % whole.length;
      return Uint8Array.from([
        ...whole.subarray(0, at),
        ...mutated[1],
        ...whole.subarray(at + mutated[0] % 3),
      ]);
    },
  );
}
