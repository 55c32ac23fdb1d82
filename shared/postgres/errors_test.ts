import assert from "assert";
import { PermanentError } from "../errors.ts";
import { classify } from "./errors.ts";

const failure = (code?: string) => Object.assign(new Error("it failed"), code === undefined ? {} : { code });

Deno.test("classify() takes for transient what passes by itself when a server or a link is away", () => {
  // EPIPE and its like are as long as an SQLSTATE.
  for (const code of ["EPIPE", "EPERM", "EBUSY", "ECONNRESET", "ECONNREFUSED", "ETIMEDOUT"]) {
    assert.equal(classify(failure(code)), "transient", code);
  }
  for (
    const code of ["57P01", "57P03", "53300", "53100", "40001", "40P01", "25006", "08006", "55P03", "XX000"]
  ) {
    assert.equal(classify(failure(code)), "transient", code);
  }
  assert.equal(classify(failure()), "transient");
});

Deno.test("classify() tells a record's fault from the table's when the database refuses data", () => {
  for (const code of ["22003", "22P02", "23502", "23514", "44000", "P0001"]) {
    assert.equal(classify(failure(code)), "record", code);
  }
  for (const code of ["22P03", "22P04", "42P01", "42501", "42703", "28P01", "3D000"]) {
    assert.equal(classify(failure(code)), "permanent", code);
  }
  assert.equal(classify(new PermanentError("no")), "permanent");
});
