import assert from "assert";
import { PermanentError } from "../errors.ts";
import type { Stream } from "../stream.ts";
import { parseType } from "../types/type_descriptor.ts";
import { bindStream } from "./bind_stream.ts";
import type { CatalogTable } from "./catalog.ts";
import { stagingName, upsertTable } from "./upsert_table.ts";

const columns = [
  { name: "id", type: "integer", path: ["id"] },
  { name: "p", metadata: "partition" },
  { name: "o", metadata: "offset" },
] as const;
const stream = {
  name: "s",
  table: "s",
  columns,
  write: { mode: "upsert", key: ["id"], tombstones: "delete" },
} as unknown as Stream;

const table = (types: Record<string, string>) =>
  ({
    table: "s",
    columns: new Map(
      Object.entries(types).map((
        [name, sql],
      ) => [name, { sql, type: parseType(sql), typeOid: 1, isNotNull: false }]),
    ),
  }) as unknown as CatalogTable;

Deno.test("bindStream() throws when a column's type cannot store the stream's values", () => {
  const types = { id: "bigint", p: "integer", o: "bigint" };
  assert.deepEqual(bindStream(stream, table(types)).types.map(({ sql }) => sql), Object.values(types));
  assert.throws(
    () => bindStream(stream, table({ ...types, id: "text" })),
    (error) => error instanceof PermanentError && /The type text of column id .* integer/.test(error.message),
  );
});

Deno.test("stagingName() differs when a type was created again", () => {
  const name = (oid: number) =>
    stagingName(
      upsertTable(stream, [{ sql: "currency" }, { sql: "integer" }, { sql: "bigint" }], [oid, 23, 20])!,
    );
  assert.notEqual(name(77), name(78));
  assert.equal(name(77), name(77));
});
