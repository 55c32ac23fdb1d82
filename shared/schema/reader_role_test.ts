import assert from "assert";
import pg from "pg";
import { codeOf } from "../errors.ts";
import { ensureReaderRole } from "./reader_role.ts";

/** An error as `pg` reports it. */
const databaseError = (code: string) => Object.assign(new pg.DatabaseError("no", 2, "error"), { code });

/** A pattern for each statement, in order. */
const STATEMENTS = [
  /EXISTS/,
  /CREATE ROLE/,
  /pg_has_role/,
  /GRANT routes/,
  /unnest/,
  /GRANT SELECT/,
  /DISTINCT/,
  /USAGE ON/,
];

/** A client of a server without the role, which rejects the statements that match. */
function clientOf(statement: RegExp, failure: Error): { client: pg.Client; queries: string[] } {
  const queries: string[] = [];
  const query = (sql: string) => {
    queries.push(sql);
    if (statement.test(sql)) return Promise.reject(failure);
    const row = { exists: false, member: false, name: "routes_table" };
    return Promise.resolve({ rows: [row] });
  };
  return { client: { query } as unknown as pg.Client, queries };
}

Deno.test("ensureReaderRole() creates the role, grants SELECT, and returns true", async () => {
  const { client, queries } = clientOf(/nothing/, new Error());
  assert.equal(await ensureReaderRole(client, ["routes_table"]), true);
  assert.deepEqual(queries.filter((sql) => /^(CREATE|GRANT)/.test(sql)), [
    "CREATE ROLE routes_reader NOLOGIN",
    "GRANT routes_reader TO CURRENT_USER",
    "GRANT SELECT ON routes_table TO routes_reader",
    "GRANT USAGE ON SCHEMA routes_table TO routes_reader",
  ]);
});

// 0LP01: invalid grant operation; 57014: statement_timeout; 25006: read-only transaction; 42704: the role was dropped concurrently.
for (const code of ["42501", "0LP01", "57014", "25006", "42704", "42710", "0A000"]) {
  Deno.test(`ensureReaderRole() continues when PostgreSQL rejects any statement with ${code}`, async () => {
    for (const statement of STATEMENTS) {
      const { client, queries } = clientOf(statement, databaseError(code));
      await ensureReaderRole(client, ["routes_table"]);
      assert.ok(queries.some((sql) => statement.test(sql)), `${statement} was sent`);
    }
  });
}

Deno.test("ensureReaderRole() returns false when the account is not allowed to create the role", async () => {
  assert.equal(await ensureReaderRole(clientOf(/CREATE ROLE/, databaseError("42501")).client, []), false);
});

const lost = [
  databaseError("57P01"),
  new Error("Connection terminated unexpectedly"),
  Object.assign(new Error("broken pipe"), { code: "EPIPE" }),
];
for (const failure of lost) {
  Deno.test(`ensureReaderRole() throws when the connection is lost (${codeOf(failure) ?? failure.message})`, async () => {
    for (const statement of STATEMENTS) {
      await assert.rejects(ensureReaderRole(clientOf(statement, failure).client, ["routes_table"]), failure);
    }
  });
}
