import assert from "assert";
import { z } from "zod";
import { createEncoder } from "../codec/encoder.ts";
import { type Column, defineStream, type Stream } from "../stream.ts";
import { Decimal, decimal } from "../types/decimal.ts";
import { createKeyEncoder } from "./key_encoder.ts";
import { createRandom } from "./random.ts";
import { createSchemaGenerator } from "./schema_generator.ts";

const streamOf = (schema: z.ZodType, columns: readonly Column[] = [], rest: Partial<Stream> = {}): Stream =>
  defineStream({
    name: "test",
    topic: "test",
    table: "test",
    about: "",
    schema,
    columns,
    ...rest,
  });

function generate(stream: Stream, count = 300, seed = "seed", keys = 10): unknown[] {
  const next = createSchemaGenerator(stream, { random: createRandom(seed, stream.name), keys });
  return Array.from({ length: count }, (_, n) => next(1_700_000_000 + n / 7));
}

/** The values of a member in generated records. */
const values = (schema: z.ZodType, type = "text", column: Partial<Column> = {}) =>
  generate(streamOf(z.object({ a: schema }), [{ name: "a", type, path: ["a"], ...column } as Column])).map((
    record,
  ) => (record as { a: unknown }).a);

type Tree = { name: string; children: Tree[] };
const tree: z.ZodType<Tree> = z.object({ name: z.string(), children: z.lazy(() => z.array(tree)) });

const NODES: Readonly<Record<string, z.ZodType>> = {
  string: z.string().min(3).max(30),
  long: z.string().min(200),
  trimmed: z.string().trim().min(1),
  parts: z.string().startsWith("DE-").includes("x").endsWith("!").max(20),
  lower: z.string().lowercase(),
  upper: z.string().uppercase().length(12),
  pattern: z.string().regex(/^[A-Z]{2}\d{3,5}(-[a-f]+)?$/),
  uuid: z.uuid(),
  uuidv7: z.uuidv7(),
  email: z.email(),
  url: z.url(),
  ipv4: z.ipv4(),
  ipv6: z.ipv6(),
  date: z.iso.date(),
  time: z.iso.time(),
  datetime: z.iso.datetime(),
  datetimeMs: z.iso.datetime({ precision: 3, offset: true }),
  datetimeMinutes: z.iso.datetime({ precision: -1 }),
  duration: z.iso.duration(),
  base64: z.base64(),
  coercedDate: z.coerce.date(),
  int: z.int().positive(),
  number: z.number().gt(-5).lt(5),
  step: z.number().min(0).max(1).multipleOf(0.05),
  multiple: z.int().min(-20).multipleOf(7),
  bigint: z.bigint().min(2n ** 62n).max(2n ** 62n + 5n),
  int64: z.int64(),
  decimal: decimal({ min: "0.01", max: "99.99", multipleOf: "0.01" }),
  boolean: z.boolean(),
  literal: z.literal(["a", 1, null]),
  enum: z.enum(["red", "green"]),
  template: z.templateLiteral(["v", z.int().min(0)]),
  optional: z.string().optional(),
  nullable: z.number().nullable(),
  nullish: z.boolean().nullish(),
  default: z.string().default("x"),
  array: z.array(z.int()).min(2).max(4),
  tuple: z.tuple([z.string(), z.number()]),
  object: z.object({ b: z.object({ c: z.string() }) }),
  strict: z.strictObject({ b: z.int() }),
  record: z.record(z.string(), z.int()),
  enumRecord: z.record(z.enum(["x", "y"]), z.int()),
  union: z.union([z.string(), z.int(), z.null()]),
  variants: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("a"), a: z.int() }),
    z.object({ kind: z.literal("b"), b: z.string() }),
  ]),
  both: z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() })),
  tree,
  json: z.json(),
  any: z.any(),
  transform: z.string().transform((text) => text.length),
  preprocess: z.preprocess((value) => value, z.int()),
  refined: z.number().refine((value) => value > 200, "too small"),
};

for (const [name, schema] of Object.entries(NODES)) {
  Deno.test(`createSchemaGenerator() generates valid JSON when the schema has the node ${name}`, () => {
    const encode = createEncoder();
    for (const record of generate(streamOf(z.object({ a: schema })))) {
      JSON.parse(encode(record));
      assert.ok(!/[\ud800-\udbff](?![\udc00-\udfff])/.test(encode(record)), encode(record));
    }
  });
}

Deno.test("createSchemaGenerator() generates the same records when the seed is the same", () => {
  const stream = streamOf(z.object(NODES));
  const text = (seed: string) => generate(stream, 50, seed).map(createEncoder());
  assert.deepEqual(text("a"), text("a"));
  assert.notDeepEqual(text("a"), text("b"));
});

Deno.test("createSchemaGenerator() generates values that the column can store", () => {
  const within = (values: unknown[], min: number, max: number) =>
    assert.ok(values.every((value) => Number(value) >= min && Number(value) <= max), String(values));
  within(values(z.int(), "smallint"), -32_768, 32_767);
  within(values(z.bigint().max(10n ** 30n), "integer"), -(2 ** 31), 2 ** 31 - 1);
  within(values(z.number(), "integer"), 0, 1_000_000);
  assert.ok(values(z.number(), "integer").every(Number.isInteger));
  within(values(z.number(), "numeric(4,2)"), 0, 99.99);
  assert.ok(
    values(decimal(), "numeric(12,3)").every((value) => /^\d+\.\d{3}$/.test((value as Decimal).text)),
  );
  assert.ok(values(decimal(), "numeric(5)").every((value) => /^\d{1,5}$/.test((value as Decimal).text)));
  assert.ok(values(z.string(), "varchar(3)").every((value) => (value as string).length <= 3));
  const elements = values(z.array(z.string()), "character varying(3)[]").flat();
  assert.ok(elements.length > 100 && elements.every((value) => (value as string).length <= 3));
  const matches = (type: string, pattern: RegExp) =>
    assert.ok(values(z.string(), type).every((value) => pattern.test(value as string)), type);
  matches("uuid", /^[0-9a-f-]{36}$/);
  matches("timestamptz", /^2023-11-14T.*Z$/);
  matches("timestamp without time zone", /^2023-11-14T[^Z]*$/);
  matches("date", /^2023-11-14$/);
  matches("bytea", /^[A-Za-z0-9+/]*=*$/);
});

Deno.test("createSchemaGenerator() generates the record's time when the column is a timestamp of an epoch", () => {
  assert.deepEqual(values(z.int(), "timestamptz", { epoch: "ms" })[7], 1_700_000_001_000);
  assert.deepEqual(values(z.bigint(), "timestamptz", { epoch: "us" })[7], 1_700_000_001_000_000n);
  assert.match(String(values(decimal(), "timestamptz", { epoch: "s" })[7]), /^1700000001/);
});

Deno.test("createSchemaGenerator() repeats as many keys as configured, and never omits one", () => {
  const schema = z.object({ id: z.uuid().optional(), n: z.int().positive(), note: z.string() });
  const columns: Column[] = [["id", "uuid"], ["n", "integer"]].map(([name, type]) => ({
    name: name!,
    type: type!,
    path: [name!],
  }));
  const write = { mode: "upsert", key: ["id", "n"], tombstones: "delete" } as const;
  const stream = streamOf(schema, columns, { write });
  const keyOf = createKeyEncoder(stream);
  const keys = new Set(generate(stream, 1_000).map(keyOf));
  assert.equal(keys.size, 10);
  // The same keys after a restart with another seed.
  assert.deepEqual(new Set(generate(stream, 1_000, "other").map(keyOf)), keys);
  for (const key of keys) assert.match(key!, /^\{"id":"[0-9a-f-]{36}","n":\d+\}$/);
});

Deno.test("createKeyEncoder() returns the text of the key column's value", () => {
  const keyOf = (value: unknown) =>
    createKeyEncoder(streamOf(z.any(), [{ name: "k", type: "text", path: ["a", 0] }], { key: "k" }))({
      a: [value],
    });
  assert.deepEqual([7, 7n, new Decimal("1.50"), "ä", true, null, undefined].map(keyOf), [
    "7",
    "7",
    "1.50",
    "ä",
    "true",
    null,
    null,
  ]);
  assert.equal(createKeyEncoder(streamOf(z.any()))({}), null);
});

Deno.test("createSchemaGenerator() throws when no JSON value is accepted, naming the member", () => {
  assert.throws(
    () => generate(streamOf(z.object({ a: z.object({ at: z.date() }) }))),
    /the member a\.at .*z\.date\(\)/,
  );
  assert.throws(
    () => generate(streamOf(z.object({ a: z.map(z.string(), z.int()) }))),
    /the member a .*"map"/,
  );
  assert.throws(
    () => generate(streamOf(z.object({ a: z.int().min(3).max(2) }))),
    /stream test: 200 records were invalid, the last one because of a: Too .* consumeOnly/,
  );
});
