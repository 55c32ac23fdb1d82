import assert from "assert";
import { PermanentError } from "../../shared/errors.ts";
import { loadStreams } from "../../shared/streams.ts";
import type { Violation } from "./violation.ts";
import { assertAboutRecord, isViolation } from "./record_errors.ts";

const [routes] = await loadStreams(["routes"]);

const failure = (code: string, more: Record<string, string> = {}) =>
  Object.assign(new Error("it failed"), { code, ...more });

const check = (error: Error, violation?: Partial<Violation>) =>
  assertAboutRecord(
    error,
    [routes!],
    violation && { table: "routes_table", columns: [], serial: null, ...violation },
  );

Deno.test("assertAboutRecord() accepts a constraint violation only if the stream writes one of its columns", () => {
  const constraint = { constraint: "c", table: "routes_2026" };
  for (const code of ["23503", "23505", "23514", "23P01"]) {
    check(failure(code, constraint), { columns: ["latitude"] });
    check(failure(code, constraint), { columns: ["id", "user_id"] });
    // The whole row.
    check(failure(code, constraint), { columns: null });
    assert.throws(() => check(failure(code, constraint), { columns: ["id"] }), PermanentError, code);
    assert.throws(() => check(failure(code, constraint), { columns: [] }), PermanentError, code);
    assert.throws(
      () => check(failure(code, constraint), { columns: ["user_id"], table: null }),
      PermanentError,
      code,
    );
  }
  check(failure("23502", { column: "latitude" }), { columns: ["latitude"] });
  assert.throws(
    () => check(failure("23502", { column: "region", table: "routes_2026" }), { columns: ["region"] }),
    /in routes_table: column "region" is NOT NULL.*ALTER TABLE routes_table ALTER COLUMN "region" SET DEFAULT/,
  );
});

Deno.test("assertAboutRecord() names the remedy when a partition is missing or a sequence is behind", () => {
  assert.throws(
    () => check(failure("23514", { table: "routes_table" }), {}),
    /CREATE TABLE … PARTITION OF routes_table DEFAULT/,
  );
  assert.throws(
    () =>
      check(failure("23505", { constraint: "pk" }), {
        columns: ["id"],
        serial: { column: "id", sequence: "public.o'id" },
      }),
    /Run: SELECT setval\('public.o''id', \(SELECT max\("id"\) FROM routes_table\)\);/,
  );
});

Deno.test("assertAboutRecord() names the trigger when it violates a constraint of another table", () => {
  const where = "PL/pgSQL function audit() line 2 at SQL statement\nCOPY routes_table, line 1";
  const error = failure("23514", { table: "audit_log", constraint: "positive", where });
  assert.throws(
    () => check(error, { table: null, columns: ["user_id"] }),
    /it failed in audit\(\), a trigger.* of audit_log/,
  );
});

Deno.test("assertAboutRecord() throws when the error is about one of the consumer's own tables", () => {
  const where = "PL/pgSQL function f() line 2 at RAISE\nCOPY rejected_records, line 1";
  assert.throws(() => check(failure("P0001", { where })), /rejected_records does not accept/);
  assert.throws(
    () => check(failure("23514", { table: "rejected_2026", constraint: "c" }), { table: "rejected_records" }),
    /rejected_records/,
  );
  check(failure("P0001", { where: "PL/pgSQL function f() line 2 at RAISE\nCOPY routes_table, line 1" }));
  check(failure("22003", { where: "COPY routes_table, line 1" }));
});

Deno.test("isViolation() is false when a function chose the code with RAISE", () => {
  assert(isViolation(failure("23505", { routine: "_bt_check_unique" })));
  assert(!isViolation(failure("23505", { routine: "exec_stmt_raise" })));
  assert(!isViolation(failure("22003")));
});
