import assert from "assert";
import { standing } from "./progress.ts";
import { fenceSql } from "./transaction.ts";

const at = { topic: "routes", partition: 3 };

Deno.test("standing() is readable when progress lies within the topic, its ends included", () => {
  for (const next of [5, 7, 9]) {
    assert.deepEqual(standing(at, next, { low: 5, high: 9 }), { kind: "readable" });
  }
});

Deno.test("standing() is expired when the topic begins after the progress", () => {
  assert.deepEqual(standing(at, 4, { low: 5, high: 9 }), { kind: "expired", low: 5 });
});

Deno.test("standing() throws and names the topic when it ends before the progress", () => {
  assert.throws(
    () => standing(at, 10, { low: 0, high: 9 }),
    /"routes".*partition 3 ends at offset 9.*DELETE FROM consumer_progress/,
  );
});

Deno.test("fenceSql() quotes what comes from settings", () => {
  const sql = fenceSql("it's", [{ topic: "ro'utes", partition: 0, expected: 1, next: 2 }]);
  assert.ok(sql.includes("'it''s'") && sql.includes("'ro''utes'"));
});
