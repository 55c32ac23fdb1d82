import assert from "assert";
import { fenceSql } from "./transaction.ts";

Deno.test("fenceSql() quotes what comes from settings", () => {
  const sql = fenceSql("it's", [{ topic: "ro'utes", partition: 0, expected: 1, next: 2 }]);
  assert.ok(sql.includes("'it''s'") && sql.includes("'ro''utes'"));
});
