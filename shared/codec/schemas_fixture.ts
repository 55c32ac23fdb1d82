/**
 * Streams with all nodes that the fast path knows, and some that it does not.
 *
 * @module
 */
import { z } from "zod";
import type { Column, Stream } from "../stream.ts";
import { withProof } from "../zod_node.ts";
import { Decimal, decimal } from "../types/decimal.ts";

/** Creates a stream whose columns store the members of the same names. */
function stream(
  name: string,
  members: Readonly<Record<string, readonly [schema: z.ZodType, type: string | undefined, more?: object]>>,
  wrap: (shape: Record<string, z.ZodType>) => z.ZodType = z.object,
  others: readonly Column[] = [],
): Stream {
  const columns = Object.entries(members).flatMap(([name, [, type, more]]): Column[] =>
    type === undefined ? [] : [{ name, type, path: [name], ...more }]
  );
  return {
    name,
    topic: name,
    table: name,
    about: name,
    schema: wrap(Object.fromEntries(Object.entries(members).map(([name, [schema]]) => [name, schema]))),
    columns: [...columns, ...others],
  } as unknown as Stream;
}

const address = z.object({
  city: z.string().min(1).max(3),
  zip: z.union([z.string(), z.null()]),
  at: z.tuple([z.number(), z.bigint()]).optional(),
}).nullish();

const item = z.object({
  sku: z.string().min(1),
  count: z.number().multipleOf(1),
  price: decimal({ min: "0" }).optional(),
  id: z.bigint().nullable(),
  kind: z.enum(["a", "b"]).optional(),
  ok: z.boolean(),
});

/** The streams. */
export const TEST_STREAMS: readonly Stream[] = [
  stream("numbers", {
    small: [z.number().int().min(-5), "smallint"],
    int: [z.bigint().max(100_000n).nullable(), "integer"],
    big: [z.bigint(), "bigint"],
    bigLimited: [z.bigint().positive().optional(), "bigint", { aliases: ["Big", "BIG"] }],
    bigDouble: [z.number(), "bigint"],
    bigDecimal: [decimal({ min: "-5" }), "bigint"],
    real: [z.number().optional(), "real"],
    realDecimal: [decimal(), "real"],
    double: [z.number().gt(0).lt(90).nullish(), "double precision"],
    doubleDecimal: [decimal({ min: "-1.5", max: "90" }), "double precision"],
    doubleWhole: [z.bigint(), "double precision"],
    intDecimal: [decimal({ exclusiveMin: "-10", exclusiveMax: "40000" }), "integer"],
  }),
  stream("numerics", {
    money: [decimal({ min: "0", multipleOf: "0.01" }), "numeric(12,2)", { aliases: ["amount"] }],
    free: [decimal(), "numeric"],
    limited: [decimal({ min: "-1", exclusiveMax: "1000" }).default(new Decimal("0.50")), "numeric"],
    number: [z.number().max(1e6), "numeric"],
    whole: [z.bigint().nullable(), "numeric(20)"],
    safe: [z.number().int(), "numeric(10,3)"],
  }, z.looseObject),
  stream("texts", {
    text: [z.string().min(2), "text"],
    short: [z.string().max(3), "varchar(2)"],
    characters: [z.string().min(2).max(4), "varchar(3)"],
    emailLimited: [z.email().max(40).optional(), "text"],
    ipv4: [z.ipv4(), "text"],
    proven: [z.string().check(withProof(z.refine<string>((text) => text !== "a"), /^[b-z]/)), "text"],
    duration: [z.iso.duration(), "text"],
    pattern: [z.string().regex(/^[a-zä]*$/).optional(), "text"],
    email: [z.email().nullable(), "text"],
    label: [z.enum(["EUR", "USD", "a"]), "currency"],
    literal: [z.literal(["a", "b\n", "1"]), "text"],
    uuid: [z.uuid(), "uuid"],
    uuid7: [z.uuidv7().optional(), "uuid"],
    exclusive: [z.xor([z.null(), z.string().nullable()]).optional(), "text"],
    guid: [z.guid().default("123e4567-e89b-12d3-a456-426614174000"), "uuid"],
    trimmed: [z.string().trim(), "text"],
    flag: [z.boolean(), "boolean"],
    bytes: [z.string(), "bytea"],
    unused: [z.string().max(5).optional(), undefined],
    unusedLimits: [z.array(z.string().min(2).max(4)).optional(), undefined],
  }),
  stream("times", {
    tz: [z.iso.datetime({ offset: true }), "timestamptz"],
    utc: [z.iso.datetime().nullable(), "timestamptz"],
    plain: [z.string().optional(), "timestamptz"],
    zone: [z.string(), "timestamptz", { timeZone: "Europe/Berlin" }],
    local: [z.string(), "timestamp"],
    day: [z.iso.date(), "date"],
    seconds: [z.number().min(0), "timestamptz", { epoch: "s" }],
    millis: [z.bigint(), "timestamptz", { epoch: "ms" }],
    micros: [decimal(), "timestamp", { epoch: "us" }],
    nanos: [z.bigint(), "timestamptz", { epoch: "ns" }],
  }, z.strictObject),
  stream(
    "documents",
    {
      any: [z.unknown(), "jsonb"],
      items: [z.array(z.looseObject(item.shape)).max(3), "jsonb"],
      stripped: [z.array(item).optional(), "json"],
      map: [z.record(z.string(), z.number()).nullable(), "json"],
      maps: [z.object({}).catchall(z.looseObject({})).optional(), "jsonb"],
      marks: [z.array(z.enum(['"', "\\n", "\ud800", "a"])).optional(), "jsonb"],
      tags: [z.array(z.string()).min(1), "text[]"],
      ids: [z.array(z.bigint().nullable()).optional(), "bigint[]"],
      amounts: [z.array(decimal()), "numeric(10,2)[]"],
      address: [address, undefined],
      other: [z.array(item).max(2).nullish(), undefined],
      refined: [z.object({ a: z.number(), b: z.number() }).refine(({ a, b }) => a <= b), undefined],
    },
    z.object,
    [
      { name: "city", type: "text", path: ["address", "city"] },
      { name: "zip", type: "varchar(5)", path: ["address", "zip"] },
      { name: "x", type: "double precision", path: ["address", "at", 0] },
      { name: "y", type: "bigint", path: ["address", "at", 1] },
      { name: "first", type: "text", path: ["tags", 0] },
      { name: "a", type: "double precision", path: ["refined", "a"] },
      { name: "b", type: "integer", path: ["refined", "b"] },
      { name: "missing", type: "text", path: ["missing", "deep"] },
      { name: "topic", metadata: "topic" },
      { name: "key", metadata: "key" },
    ],
  ),
];
