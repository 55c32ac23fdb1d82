import assert from "assert";
import { loadStreams } from "../shared/streams.ts";
import { record } from "./record_fixture.ts";
import { describe, Tally } from "./stream_check.ts";

const [orders] = await loadStreams(["orders"]);

const ORDER = {
  id: 1,
  customer: "Ada",
  amount: 12.5,
  currency: "EUR",
  placedAt: "2026-01-02T03:04:05Z",
  paid: true,
  tags: ["a"],
};

Deno.test("Tally counts accepted and rejected records, and shows the first rejections", () => {
  const tally = new Tally(orders!);
  tally.add(record(ORDER));
  tally.add(record({ ...ORDER, amount: 0.001 }, 1));
  tally.add(record(null, 2));
  for (let offset = 3; offset < 10; offset++) tally.add(record({ ...ORDER, paid: "yes" }, offset));
  const [counts, invalid, none, title, first, ...shown] = tally.text().split("\n");
  assert.equal(counts, "Read 10 records of orders: 1 accepted, 9 rejected.");
  assert.deepEqual([invalid, none, title], ["  8 × invalid record", "  1 × no value", "First rejections:"]);
  assert.match(first!, /^ {2}orders\[0\]@1: invalid record: column amount: /);
  assert.equal(shown.length, 4);
  assert.match(shown[3]!, /orders\[0\]@5: invalid record: paid: /);
});

Deno.test("describe() has the statements that create enum types and table, and the write mode", () => {
  const write = { mode: "upsert", key: ["id"], tombstones: "delete" } as const;
  assert.match(
    describe({ ...orders!, write }),
    /upsert by id; tombstones: delete.*CREATE TYPE currency AS ENUM \('EUR', .*CREATE TABLE.*"amount" numeric/s,
  );
});
