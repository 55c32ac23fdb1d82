import assert from "assert";
import pg from "pg";
import { codeOf } from "../errors.ts";
import { ensureReaderRole } from "./reader_role.ts";

/** PostgreSQL's refusal, as `pg` reports it. */
const refusal = (code: string) => Object.assign(new pg.DatabaseError("no", 2, "error"), { code });

/** What each of its statements has in it, in their order. */
const STATEMENTS = [/EXISTS/, /CREATE ROLE/, /pg_has_role/, /GRANT routes/, /unnest/, /GRANT SELECT/];

/** A client of a server without the role, that fails at the statements that match. */
function clientOf(statement: RegExp, failure: Error): { client: pg.Client; said: string[] } {
  const said: string[] = [];
  const query = (sql: string) => {
    said.push(sql);
    if (statement.test(sql)) return Promise.reject(failure);
    const row = { exists: false, member: false, name: "routes_table" };
    return Promise.resolve({ rows: [row] });
  };
  return { client: { query } as unknown as pg.Client, said };
}

Deno.test("ensureReaderRole() makes the role, lets it read, and says that it made it", async () => {
  const { client, said } = clientOf(/nothing/, new Error());
  assert.equal(await ensureReaderRole(client, ["routes_table"]), true);
  assert.deepEqual(said.filter((sql) => /^(CREATE|GRANT)/.test(sql)), [
    "CREATE ROLE routes_reader NOLOGIN",
    "GRANT routes_reader TO CURRENT_USER",
    'GRANT SELECT ON "routes_table" TO routes_reader',
  ]);
});

// 0LP01: invalid grant operation; 57014: cancelled by statement_timeout; 25006: read-only; 42704: somebody dropped the role.
for (const code of ["42501", "0LP01", "57014", "25006", "42704", "42710", "0A000"]) {
  Deno.test(`ensureReaderRole() goes on when PostgreSQL refuses with ${code}, whatever it refuses`, async () => {
    for (const statement of STATEMENTS) {
      const { client, said } = clientOf(statement, refusal(code));
      await ensureReaderRole(client, ["routes_table"]);
      assert.ok(said.some((sql) => statement.test(sql)), `${statement} is said`);
    }
  });
}

Deno.test("ensureReaderRole() says that it made nothing when it may not", async () => {
  assert.equal(await ensureReaderRole(clientOf(/CREATE ROLE/, refusal("42501")).client, []), false);
});

const lost = [
  refusal("57P01"),
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
