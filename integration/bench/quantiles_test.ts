import assert from "assert";
import { quantiles } from "./quantiles.ts";

Deno.test("quantiles() returns the quantiles when times are unsorted or few", () => {
  const times = Array.from({ length: 1_000 }, (_, n) => 1_000 - n);
  assert.deepEqual(quantiles(times), { p50: 501, p99: 991, p999: 1_000 });
  assert.deepEqual(quantiles([7]), { p50: 7, p99: 7, p999: 7 });
});
