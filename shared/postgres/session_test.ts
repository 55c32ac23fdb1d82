import assert from "assert";
import type pg from "pg";
import { inspectSession, inTransaction, transactionStartSql, withSavepoint } from "./session.ts";

/** A client that records its statements; those that match fail. */
function clientOf(failing: RegExp, rows: readonly unknown[] = []) {
  const said: string[] = [];
  const query = (sql: string) => {
    said.push(sql);
    return failing.test(sql) ? Promise.reject(new Error("refused")) : Promise.resolve({ rows });
  };
  return { client: { query, processID: 42 } as unknown as pg.Client, said };
}

const NEVER = /^$/;
const SESSION = { isPooled: false, searchPath: '"Routes", pg_temp', version: 180_004 };
const START = { session: SESSION, settings: { statement_timeout: 1_000, role: undefined } };

Deno.test("inspectSession() sees a pooler when the server's process is not the one of the cancellation key", async () => {
  const session = (pid: number) =>
    inspectSession(clientOf(NEVER, [{ pid, path: "public", version: 1 }]).client);
  assert.deepEqual(await session(42), { isPooled: false, searchPath: "public", version: 1 });
  assert.deepEqual(await session(43), { isPooled: true, searchPath: "public", version: 1 });
});

Deno.test("transactionStartSql() sets nothing beyond the transaction, and nothing that the server does not know", () => {
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

Deno.test("inTransaction() commits what works, and rolls back what does not", async () => {
  const works = clientOf(NEVER);
  assert.equal(await inTransaction(works.client, START, () => Promise.resolve(7)), 7);
  assert.match(works.said[0]!, /^BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL search_path/);
  assert.deepEqual(works.said.slice(1), ["COMMIT"]);
  for (const failing of [/^BEGIN/, /^INSERT/, /^COMMIT/]) {
    const { client, said } = clientOf(failing);
    await assert.rejects(inTransaction(client, START, () => client.query("INSERT")), /refused/);
    assert.equal(said.at(-1), "ROLLBACK", `${failing}`);
  }
});

Deno.test("withSavepoint() undoes what fails, and lets the transaction go on", async () => {
  const { client, said } = clientOf(/^CREATE/);
  await withSavepoint(client, () => client.query("SELECT 1"));
  await assert.rejects(withSavepoint(client, () => client.query("CREATE")), /refused/);
  assert.deepEqual(said, [
    ...["SAVEPOINT attempt", "SELECT 1", "RELEASE SAVEPOINT attempt"],
    ...["SAVEPOINT attempt", "CREATE", "ROLLBACK TO SAVEPOINT attempt"],
  ]);
});
