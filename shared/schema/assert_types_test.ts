import assert from "assert";
import type { Stream } from "../stream.ts";
import { assertTypesSql } from "./assert_types.ts";

Deno.test("assertTypesSql() compares the type of each column", () => {
  const stream = {
    table: `"Sales"."it's"`,
    columns: [{ name: "id", type: "bigint", path: ["id"] }, { name: "o'k", metadata: "key" }],
  } as unknown as Stream;
  assert.match(
    assertTypesSql(stream, [20, 70_000]),
    /to_regclass\('"Sales"\."it''s"'\) AND \(attname, atttypid\) IN \(\('id', 20\), \('o''k', 70000\)\).* c\.n <> 2$/s,
  );
});
