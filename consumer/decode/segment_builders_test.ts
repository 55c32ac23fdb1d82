import assert from "assert";
import { bindDeclaredTypes } from "../../shared/schema/bind_stream.ts";
import { loadStreams } from "../../shared/streams.ts";
import { createColumnType } from "../../shared/types/create_column_type.ts";
import { parseType } from "../../shared/types/type_descriptor.ts";
import { recordBatch, validRoute } from "./record_batch_fixture.ts";
import { SegmentBuilders } from "./segment_builders.ts";

const [routes] = await loadStreams(["routes"]);
const bound = bindDeclaredTypes(routes!);

Deno.test("SegmentBuilders.bind() returns the tables whose types changed, and encodes with the new types", () => {
  const builders = new SegmentBuilders([bound]);
  assert.deepEqual(builders.bind([{ ...bound, types: [...bound.types] }]), []);
  const [, ...others] = bound.types;
  const changed = { ...bound, types: [createColumnType(parseType("bigint")!), ...others] };
  assert.deepEqual(builders.bind([changed]), [routes!.table]);
  assert.deepEqual(builders.bind([changed]), []);
  const { rows } = builders.of(routes!.topic).build(0, 0, 1, [recordBatch(0, [validRoute(7)])]);
  const view = new DataView(rows.buffer, rows.byteOffset);
  assert.deepEqual([view.getInt32(2), view.getBigInt64(6)], [8, 7n]);
  // Another domain over the same type.
  assert.deepEqual(builders.bind([{ ...changed, typeOids: [1, 2, 3, 4] }]), [routes!.table]);
});
