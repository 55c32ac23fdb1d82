import assert from "assert";
import type pg from "pg";
import { inspectSession, inTransaction, transactionStartSql, withSavepoint } from "./session.ts";

/** A client that records its statements; those that match fail. */
function clientOf(failing: RegExp, rows: readonly unknown[] = []) {
  const queries: string[] = [];
  const query = (sql: string) => {
    queries.push(sql);
    return failing.test(sql) ? Promise.reject(new Error("rejected")) : Promise.resolve({ rows });
  };
  return { client: { query, processID: 42 } as unknown as pg.Client, queries };
}

const NEVER = /^$/;
const SESSION = { isPooled: false, searchPath: '"Routes", pg_temp', version: 180_004 };
const START = { session: SESSION, settings: { statement_timeout: 1_000, role: undefined } };

Deno.test("inspectSession() detects a pooler when the process id differs from that of the cancellation key", async () => {
  const session = (pid: number) =>
    inspectSession(clientOf(NEVER, [{ pid, path: "public", version: 1 }]).client);
  assert.deepEqual(await session(42), { isPooled: false, searchPath: "public", version: 1 });
  assert.deepEqual(await session(43), { isPooled: true, searchPath: "public", version: 1 });
});

Deno.test("transactionStartSql() sets nothing beyond the transaction, and nothing that the server does not support", () => {
  const sql = transactionStartSql(START);
  const [isolation, searchPath, ...others] = sql.split("; ");
  assert.equal(isolation, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
  assert.equal(searchPath, 'SET LOCAL search_path = "Routes", pg_temp');
  assert(others.every((statement) => /^SET LOCAL \w+ = '\w+'$/.test(statement)), sql);
  assert(others.includes("SET LOCAL statement_timeout = '1000'"));
  assert(others.includes("SET LOCAL transaction_timeout = '0'"));
  assert.doesNotMatch(sql, /role/);
  assert.doesNotMatch(
    transactionStartSql({ ...START, session: { ...SESSION, version: 160_009 } }),
    /transaction_timeout/,
  );
});

Deno.test("inTransaction() commits, or rolls back when the work or a statement fails", async () => {
  const success = clientOf(NEVER);
  assert.equal(await inTransaction(success.client, START, () => Promise.resolve(7)), 7);
  assert.match(success.queries[0]!, /^BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL search_path/);
  assert.deepEqual(success.queries.slice(1), ["COMMIT"]);
  for (const failing of [/^BEGIN/, /^INSERT/, /^COMMIT/]) {
    const { client, queries } = clientOf(failing);
    await assert.rejects(inTransaction(client, START, () => client.query("INSERT")), /rejected/);
    assert.equal(queries.at(-1), "ROLLBACK", `${failing}`);
  }
});

Deno.test("withSavepoint() rolls back to the savepoint when the work fails", async () => {
  const { client, queries } = clientOf(/^CREATE/);
  await withSavepoint(client, () => client.query("SELECT 1"));
  await assert.rejects(withSavepoint(client, () => client.query("CREATE")), /rejected/);
  assert.deepEqual(queries, [
    ...["SAVEPOINT attempt", "SELECT 1", "RELEASE SAVEPOINT attempt"],
    ...["SAVEPOINT attempt", "CREATE", "ROLLBACK TO SAVEPOINT attempt"],
  ]);
});
