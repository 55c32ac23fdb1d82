import assert from "assert";
import { parseType } from "../types/type_descriptor.ts";
import { createColumnType } from "../types/create_column_type.ts";
import type { RecordMetadata } from "./bound_stream.ts";
import { metadataValue } from "./metadata_columns.ts";

const META: RecordMetadata = {
  ...{ topic: "t", partition: 0, offset: 0, timestamp: -1 },
  key: () => null,
  headers: () => undefined,
};

Deno.test("metadataValue() is null when the record has no timestamp or key, or its headers are unknown", () => {
  const valueOf = (metadata: "timestamp" | "key" | "headers", type: string, meta = META) =>
    metadataValue(metadata, createColumnType(parseType(type)!), meta).value ?? null;
  assert.equal(valueOf("timestamp", "timestamptz"), null);
  assert.equal(valueOf("key", "bytea"), null);
  assert.equal(valueOf("headers", "jsonb"), null);
  assert.deepEqual(valueOf("headers", "jsonb", { ...META, headers: () => [] }), {});
});
