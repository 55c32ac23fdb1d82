import assert from "assert";
import { quantile } from "./quantile.ts";

const BUCKETS = new Map([[0.1, 50], [0.5, 90], [1, 100], [Infinity, 100]]);

Deno.test("quantile() interpolates within a bucket when the rank lies in it", () => {
  assert.equal(quantile(BUCKETS, 0.5), 0.1);
  assert.equal(quantile(BUCKETS, 0.25), 0.05);
  assert.ok(Math.abs(quantile(BUCKETS, 0.7)! - 0.3) < 1e-9);
});

Deno.test("quantile() is the last finite bound when the rank lies in the +Inf bucket", () => {
  assert.equal(quantile(new Map([[1, 1], [Infinity, 10]]), 0.99), 1);
});

Deno.test("quantile() is null when there are no observations", () => {
  assert.equal(quantile(new Map(), 0.5), null);
  assert.equal(quantile(new Map([[1, 0], [Infinity, 0]]), 0.5), null);
});
