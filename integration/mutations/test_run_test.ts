import assert from "assert";
import { resultOf } from "./test_run.ts";

Deno.test("resultOf() distinguishes a failed test from one that did not run", () => {
  const line = (verdict: string, passed: number, failed: number) =>
    `x ... ok (1s)\n\n${verdict} | ${passed} passed | ${failed} failed | 3 filtered out (4s)\n`;
  assert.equal(resultOf(0, line("ok", 1, 0)), "passed");
  assert.equal(resultOf(1, line("FAILED", 1, 1)), "failed");
  assert.equal(resultOf(1, "FAILED | 0 passed (2 steps) | 1 failed (1 step) (9s)"), "failed");
  assert.equal(resultOf(0, line("ok", 0, 0)), "none");
  assert.equal(resultOf(1, "error: Module not found"), "broken");
  assert.equal(resultOf(1, line("FAILED", 0, 0)), "broken");
});
