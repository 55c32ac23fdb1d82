import assert from "assert";
import { z } from "zod";
import { bindDeclaredTypes } from "../schema/bind_stream.ts";
import type { Stream } from "../stream.ts";
import { wholeNumber } from "../types/decimal.ts";
import { RowBuffer } from "../types/row_buffer.ts";
import { withProof } from "../zod_node.ts";
import { ExactNumbers } from "./exact_numbers.ts";
import { createFastPath } from "./fast_path.ts";
import { createRowDecoder } from "./row_decoder.ts";

const META = { topic: "t", partition: 0, offset: 0, timestamp: 0, key: () => null, headers: () => [] };

function bind(member: z.ZodType, type: string) {
  const columns = [{ name: "a", type, path: ["a"] }];
  return bindDeclaredTypes(
    { name: "s", table: "s", schema: z.object({ a: member }), columns } as unknown as Stream,
  );
}

function isAccepted(member: z.ZodType, type: string, json: string): boolean {
  const bytes = new TextEncoder().encode(json);
  return createFastPath(bind(member, type))!.decode(bytes, 0, bytes.length, new RowBuffer(), META);
}

Deno.test("FastPath.decode() accepts only what the schema accepts", () => {
  const marks = z.array(z.enum(['x"y', "\\n", "\ud800"]));
  for (const json of ['["x"y"]', '["\\n"]', '["\ufffd"]']) {
    assert.ok(!isAccepted(marks, "jsonb", `{"a":${json}}`), json);
  }
  const maps = z.object({}).catchall(z.looseObject({}));
  assert.ok(!isAccepted(maps, "jsonb", '{"a":{"k":1}}'));
  assert.ok(isAccepted(maps, "jsonb", '{"a":{"k":{}}}'));
  const exclusive = z.xor([z.null(), z.string().nullable()]);
  assert.ok(!isAccepted(exclusive, "text", '{"a":null}'));
  assert.ok(isAccepted(exclusive, "text", '{"a":"b"}'));
  const proven = z.string().check(withProof(z.refine<string>((text) => text === "a"), /^a$/));
  assert.ok(!isAccepted(proven, "date", '{"a":"2026-01-02"}'));
  assert.ok(!isAccepted(proven, "timestamptz", '{"a":"2026-01-02T03:04:05Z"}'));
  assert.ok(!isAccepted(z.uuidv7(), "uuid", '{"a":"123e4567-e89b-12d3-a456-426614174000"}'));
});

Deno.test("createRowDecoder() stores the output of a check around null in a json column", () => {
  const schema = z.unknown().nullable().overwrite(() => 5);
  const rows = new RowBuffer(), bytes = new TextEncoder().encode('{"a":7}');
  assert.equal(createRowDecoder(bind(schema, "json"))(bytes, 0, bytes.length, rows, META), undefined);
  assert.equal(rows.written().toString("latin1", 6), "5");
});

Deno.test("wholeNumber() reads a long number in linear time", () => {
  const start = performance.now();
  assert.equal(wholeNumber(`1${"0".repeat(1_000_000)}1.0`), "huge");
  assert.ok(performance.now() - start < 2_000);
});

Deno.test("ExactNumbers has one object per schema when the schema is recursive", () => {
  const node: z.ZodType = z.lazy(() => z.object({ a: node, b: node, id: z.bigint() }));
  const exact = ExactNumbers.of([z.object({ node })])!;
  const first = exact.member("node")!;
  assert.equal(first.member("a")!.member("b"), first.member("b"));
});
