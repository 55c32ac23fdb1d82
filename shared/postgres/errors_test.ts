import assert from "assert";
import { PermanentError } from "../errors.ts";
import { classify, functionOf, permanentStatementError } from "./errors.ts";

const failure = (code?: string) => Object.assign(new Error("it failed"), code === undefined ? {} : { code });

Deno.test("classify() returns transient when a server or the network is unavailable", () => {
  // EPIPE is as long as an SQLSTATE.
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

Deno.test("classify() distinguishes errors of a record from errors of the table", () => {
  for (const code of ["22003", "22P02", "23502", "23514", "44000", "P0001"]) {
    assert.equal(classify(failure(code)), "record", code);
  }
  for (const code of ["22P03", "22P04", "2200H", "42P01", "42501", "42703", "28P01", "3D000", "XX002"]) {
    assert.equal(classify(failure(code)), "environment", code);
  }
  assert.equal(classify(failure("42601")), "internal");
  assert.equal(classify(new PermanentError({ code: "X", cause: "no", remedy: "" })), "environment");
});

/** An error in a trigger's function during a COPY. */
const inTrigger = (
  code: string,
  routine: string,
  context = "PL/pgSQL function audit(integer) line 3 at RAISE",
) => Object.assign(failure(code), { routine, where: `${context}\nCOPY routes_table, line 7` });

Deno.test("classify() returns environment for errors of a function's statements, and record for what it raises", () => {
  // Reported by the parser and the executor: the function is broken.
  for (const code of ["42P01", "42501", "42601", "24000", "55000", "P0000", "P0004"]) {
    assert.equal(classify(inTrigger(code, "parserOpenTable")), "environment", code);
  }
  assert.equal(classify(inTrigger("40P01", "DeadLockReport")), "transient");
  // Chosen by RAISE … USING ERRCODE.
  for (const code of ["P0001", "23514", "23000", "22023", "U0001", "TS101"]) {
    assert.equal(classify(inTrigger(code, "exec_stmt_raise")), "record", code);
  }
  for (const code of ["42501", "0A000"]) {
    assert.equal(classify(inTrigger(code, "exec_stmt_raise")), "environment", code);
  }
  assert.equal(classify(failure("U0001")), "environment");
});

Deno.test("functionOf() finds the function in a context of any language, and none in that of COPY", () => {
  for (
    const [context, expected] of [
      ["PL/pgSQL function audit(integer) line 3 at SQL statement", "audit(integer)"],
      [
        'SQL statement "INSERT INTO log VALUES (f(1))"\nPL/pgSQL function public.audit() line 3 at SQL statement',
        "public.audit()",
      ],
      ["PL/pgSQL-Funktion audit() Zeile 3 bei SQL-Anweisung", "audit()"],
      ["fonction PL/pgSQL audit(), ligne 3 à instruction SQL", "audit()"],
      ['PL/Python function "audit"', 'PL/Python function "audit"'],
      ['SQL function "audit" statement 1', 'SQL function "audit" statement 1'],
    ]
  ) {
    assert.equal(functionOf(inTrigger("42P01", "", context)), expected);
  }
  assert.equal(
    functionOf(Object.assign(failure("22P02"), { where: "COPY routes_table, line 1, column x" })),
    undefined,
  );
  assert.equal(functionOf(failure("22P02")), undefined);
});

Deno.test("permanentStatementError() names the trigger's function instead of the consumer's own table", () => {
  const missing = Object.assign(new Error('relation "audit_log" does not exist'), {
    code: "42P01",
    where: "PL/pgSQL function audit() line 3 at SQL statement\nCOPY routes_table, line 1",
  });
  const { message, code } = permanentStatementError("Cannot store records in routes_table", missing);
  assert.equal(code, "42P01");
  assert.match(message, /relation "audit_log" does not exist\. It occurred in audit\(\), a trigger/);
  assert.doesNotMatch(message, /Restart the consumer/);
  assert.match(
    permanentStatementError("Cannot", Object.assign(new Error("no table"), { code: "42P01" })).message,
    /Restart the consumer/,
  );
});
