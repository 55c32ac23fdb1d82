/**
 * fast-check arbitraries of JSON texts: serializations of records as other programs write them, and mutations.
 *
 * @module
 */
import fc from "fast-check";
import type { Column } from "../stream.ts";

/** How a program serializes records. */
export interface Style {
  /** White space after commas, after colons, and elsewhere. */
  readonly spaces: readonly [string, string, string];
  /** Rotates the members of objects. */
  readonly rotation: number;
  /** Whether members have their other names. */
  readonly usesAliases: boolean;
  /** Unknown members at the beginning and at the end, as JSON texts. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Writes numbers in another form, and escapes in strings. */
  readonly isUnusual: boolean;
}

const unknownMember = fc.tuple(
  fc.oneof(fc.string({ unit: "binary", maxLength: 6 }), fc.constantFrom("a", "id", "userId", "__proto__")),
  fc.json({ maxDepth: 2, stringUnit: "binary" }),
).map(([name, json]) => `${JSON.stringify(name)}:${json}`);

/** Arbitrary styles. Most are those of common libraries. */
export const style: fc.Arbitrary<Style> = fc.record({
  spaces: fc.constantFrom<Style["spaces"]>(["", "", ""], ["", "", ""], [" ", " ", ""], ["\n  ", " ", "\n"]),
  rotation: fc.nat({ max: 3 }),
  usesAliases: fc.boolean(),
  before: fc.array(unknownMember, { maxLength: 1 }),
  after: fc.array(unknownMember, { maxLength: 2 }),
  isUnusual: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

/** Serializes a record. Values with `toJSON()` and `bigint` are written as numbers or texts. */
export function serialize(record: unknown, style: Style, columns: readonly Column[]): string {
  const [afterComma, afterColon, around] = style.spaces;
  const comma = `,${afterComma}`;
  const names = new Map(
    columns.flatMap((column) =>
      style.usesAliases && "path" in column && column.aliases ? [[column.path[0], column.aliases[0]!]] : []
    ),
  );
  const write = (value: unknown, isOutermost: boolean): string => {
    if (typeof value === "bigint") return String(value);
    if (typeof value === "number") return writeNumber(value, style);
    if (typeof value === "string") return writeString(value, style);
    if (typeof value !== "object" || value === null || "toJSON" in value) return JSON.stringify(value);
    if (Array.isArray(value)) {
      return `[${around}${value.map((each) => write(each, false)).join(comma)}${around}]`;
    }
    const members = Object.entries(value).filter(([, each]) => each !== undefined).map(([name, each]) =>
      `${JSON.stringify(isOutermost ? names.get(name) ?? name : name)}:${afterColon}${write(each, false)}`
    );
    const rotated = [...members.slice(style.rotation), ...members.slice(0, style.rotation)];
    const all = isOutermost ? [...style.before, ...rotated, ...style.after] : rotated;
    return `{${around}${all.join(comma)}${around}}`;
  };
  return write(record, true);
}

function writeNumber(value: number, { isUnusual }: Style): string {
  const text = Object.is(value, -0) ? "-0" : JSON.stringify(value);
  if (!isUnusual) return text;
  return /[.e]/.test(text) ? `${text.replace(/e.*/, "")}0${/e.*/.exec(text)?.[0] ?? ""}` : `${text}.0`;
}

const writeString = (value: string, { isUnusual }: Style): string =>
  isUnusual && value.length > 0
    ? `"\\u${value.charCodeAt(0).toString(16).padStart(4, "0")}${JSON.stringify(value.slice(1)).slice(1)}`
    : JSON.stringify(value);

const scalar = fc.constantFrom(
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "1",
  "1.5",
  "0.10",
  "3.0",
  "1e2",
  "15e-1",
  "1e400",
  "00",
  "1.",
  "90.0000001",
  "180.00000000000003",
  "32768",
  "2147483648",
  "9007199254740993",
  "-9223372036854775808",
  "9223372036854775807",
  "9223372036854775808",
  "12345678901234567890.123456789",
  "0.30000001192092896",
  "0.00001234",
  "120000.0000",
  "2.0000000000000001",
  "1700000000.123456",
  '""',
  '"a"',
  '"ä𝄞"',
  '"𝄞"',
  '"𝄞𝄞𝄞𝄞"',
  '"ä𝄞東東b"',
  '"\\u0000"',
  '"\\ud800"',
  '"a\\nb"',
  '"1"',
  '"2024-02-29T23:59:60Z"',
  '"2024-02-29T12:34:56.123456+05:30"',
  '"2024-02-30"',
  '"2024-02-29"',
  '"1999-12-31T23:59:59"',
  '"123e4567-e89b-12d3-a456-426614174000"',
  '"123e4567-e89b-02d3-a456-426614174000"',
  '"EUR"',
  "[]",
  "{}",
  "[1]",
  '["a",null]',
  "[[1]]",
  '{"a":1}',
  '{"a":1,"a":2}',
);

/** Changes a text: replaces a value by another one, or some bytes. */
export const mutation: fc.Arbitrary<(text: string) => Uint8Array> = fc.oneof(
  { arbitrary: fc.constant((text: string) => encoder.encode(text)), weight: 6 },
  {
    arbitrary: fc.tuple(fc.nat(), scalar).map(([at, value]) => (text: string) => {
      const values = [
        ...text.matchAll(/(?<=[:[,]\s*)(?:-?[\d.][\d.eE+-]*|"(?:[^"\\]|\\.)*"|null|true|false)/g),
      ];
      if (values.length === 0) return encoder.encode(text);
      const found = values[at % values.length]!;
      return encoder.encode(text.slice(0, found.index) + value + text.slice(found.index + found[0].length));
    }),
    weight: 6,
  },
  {
    arbitrary: fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 2 }), fc.nat({ max: 2 })).map(
      ([at, inserted, removed]) => (text: string) => {
        const bytes = encoder.encode(text);
        const index = at % bytes.length;
        return Uint8Array.from([
          ...bytes.subarray(0, index),
          ...inserted,
          ...bytes.subarray(index + removed),
        ]);
      },
    ),
    weight: 2,
  },
);

const encoder = new TextEncoder();
