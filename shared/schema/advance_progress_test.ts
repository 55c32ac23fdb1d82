import assert from "assert";
import { advanceProgressSql } from "./advance_progress.ts";

Deno.test("advanceProgressSql() quotes the group and the topic", () => {
  const sql = advanceProgressSql("it's", [{ topic: "ro'utes", partition: 0, fromOffset: 1, toOffset: 2 }]);
  assert.ok(sql.includes("'it''s'") && sql.includes("'ro''utes'"));
});
