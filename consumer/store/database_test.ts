import assert from "assert";
import { Buffer } from "node:buffer";
import * as net from "node:net";
import { Registry } from "prom-client";
import { TestServer } from "../../shared/test_server_fixture.ts";
import { Availability } from "../../shared/observe/availability.ts";
import { message, row } from "../../shared/postgres/message_fixture.ts";
import type { PostgresSettings } from "../../shared/postgres/connection.ts";
import { CancelledError, Database } from "./database.ts";

const PID = 0;

/** A server with the process id {@link PID} that rejects each COPY. */
async function startServer(keyPid: number, sqlstate = "23514") {
  const connections: string[][] = [];
  const server = await TestServer.start(net.createServer((socket) => {
    const queries: string[] = [];
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const bytes = Buffer.from(data), ready = message("Z", "I");
      if (bytes[0] === 0) {
        connections.push(queries);
        const key = message("K", `\0\0\0${String.fromCharCode(keyPid)}\0\0\0\0`);
        return void socket.write(Buffer.concat([message("R", "\0\0\0\0"), key, ready]));
      }
      if (bytes[0] === "X".charCodeAt(0)) return void socket.end();
      const text = bytes.toString("latin1");
      queries.push(text);
      const answer = text.includes("pg_backend_pid")
        ? row({ pid: PID, version: 180_000, path: "public" })
        : text.includes("COPY")
        ? message("E", `SERROR\0VERROR\0C${sqlstate}\0Mrejected\0\0`)
        : message("C", "SET\0");
      socket.write(Buffer.concat([answer, ready]));
    });
  }));
  return { server, connections };
}

function databaseAt(port: number): Database {
  const settings = {
    ...{ PGHOST: "127.0.0.1", PGPORT: port, PGUSER: "u", PGPASSWORD: "", PGDATABASE: "d" },
    ...{ PGSSLMODE: "disable", PGSSLROOTCERT: "", PGSSLCERT: "", PGSSLKEY: "", PGCONNECT_TIMEOUT: 5 },
  } as PostgresSettings;
  const availability = new Availability("consumer", ["PostgreSQL"], () => {}, new Registry());
  const options = { applicationName: "g", group: "g", statementTimeoutMs: 1_000 };
  return new Database(settings, options, availability, new AbortController().signal);
}

for (
  const [what, keyPid, connectionCount] of [["a pooler", PID + 1, 2], ["the server itself", PID, 1]] as const
) {
  Deno.test(`Database ${connectionCount === 2 ? "closes" : "keeps"} the connection when a COPY fails on one of ${what}`, async () => {
    const { server, connections } = await startServer(keyPid);
    await using _server = server;
    await using database = databaseAt(server.port);
    let reconnects = 0;
    database.onReconnect = () => reconnects++;
    const copy = database.run("copy", (client, start) => client.query(`${start}COPY`), {
      isOneMessage: true,
    });
    await assert.rejects(copy, { code: "23514" });
    await database.run("read", (client) => client.query("SELECT 1"));
    assert.equal(connections.length, connectionCount);
    // The first connection is not a reconnect.
    assert.equal(reconnects, connectionCount - 1);
    const [first] = connections;
    assert.match(
      first!.find((sql) => sql.includes("COPY"))!,
      /\/\* COPY of consumer group [0-9a-f]{16} \*\/ SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL .*;\nCOPY/,
    );
    assert.deepEqual(connections.flat().filter((sql) => /\bSET (?!LOCAL|TRANSACTION)/.test(sql)), []);
  });
}

/** Runs a COPY that fails. @returns how often the tables were verified and the COPY was sent */
async function runFailingCopy(
  sqlstate: string,
  options: { isChanged: boolean; verifiedWithinMs?: number },
): Promise<{ verified: number; copies: number; error: unknown }> {
  const { server, connections } = await startServer(PID, sqlstate);
  await using _server = server;
  await using database = databaseAt(server.port);
  let verified = 0, error: unknown;
  database.verify = () => Promise.resolve(void verified++);
  await database.run("read", (client) => client.query("SELECT 1"));
  assert.equal(verified, 1, "a new connection");
  const { isChanged, ...others } = options;
  try {
    await database.run("copy", (client, start) => client.query(`${start}COPY`), {
      isOneMessage: true,
      shouldRetry: () => !isChanged || verified === 1,
      ...others,
    });
  } catch (thrown) {
    error = thrown;
  }
  const copies = connections.flat().filter((sql) => sql.includes("COPY")).length;
  return { verified: verified - 1, copies, error };
}

Deno.test("Database.run() verifies the tables and tries again once when a changed table can be the cause of an error", async () => {
  const { verified, copies, error } = await runFailingCopy("22P02", { isChanged: false });
  assert.deepEqual([verified, copies, (error as { code: string }).code], [1, 2, "22P02"]);
  const other = await runFailingCopy("23514", { isChanged: false });
  assert.deepEqual([other.verified, other.copies], [0, 1]);
});

Deno.test("Database.run() cancels work that is obsolete after the tables were verified", async () => {
  const changed = await runFailingCopy("42804", { isChanged: true });
  assert.deepEqual([changed.verified, changed.copies], [1, 1]);
  assert.ok(changed.error instanceof CancelledError);
  const before = await runFailingCopy("23514", { isChanged: true, verifiedWithinMs: -1 });
  assert.deepEqual([before.verified, before.copies], [1, 0]);
  assert.ok(before.error instanceof CancelledError);
});
