import assert from "assert";
import { Buffer } from "node:buffer";
import * as net from "node:net";
import { PermanentError, TransientError } from "../errors.ts";
import { TestServer } from "../test_server_fixture.ts";
import { loadSettings, PROCESS } from "../settings/load.ts";
import { connectPostgres, endSession } from "./connection.ts";
import { message } from "./message_fixture.ts";

/** The server's requests for a password. */
const PASSWORD_REQUESTS = {
  cleartext: message("R", "\0\0\0\x03"),
  md5: message("R", "\0\0\0\x05\0\0\0\x07"),
  sasl: message("R", "\0\0\0\x0aSCRAM-SHA-256\0\0"),
};

/** A server that responds to the first message of a client with these bytes. */
const startServer = (bytes: Uint8Array): Promise<TestServer> =>
  TestServer.start(net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.write(bytes));
  }));

for (const [how, bytes] of Object.entries(PASSWORD_REQUESTS)) {
  Deno.test(`connectPostgres() reports a missing password when the server requests one (${how})`, async () => {
    await using server = await startServer(bytes);
    const { port } = server;
    const env: Record<string, string> = { PGHOST: "127.0.0.1", PGPORT: `${port}`, PGSSLMODE: "disable" };
    const { settings } = loadSettings(["postgresql"], { ...PROCESS, args: [], env: (name) => env[name] });
    await assert.rejects(connectPostgres(settings, { applicationName: "test" }), (error: Error) => {
      assert(error instanceof PermanentError);
      assert.equal(
        error.message,
        `Cannot connect to PostgreSQL at 127.0.0.1:${port}: the server requests a password for “${settings.PGUSER}”, ` +
          "but none is set. Set PGPASSWORD or PGPASSWORD_FILE (Aiven: console → Users).",
      );
      return true;
    });
  });
}

Deno.test("connectPostgres() rejects when its signal aborts, also without a timeout", async () => {
  await using server = await startServer(new Uint8Array());
  for (const mode of ["disable", "require"]) {
    const env: Record<string, string> = {
      PGHOST: "127.0.0.1",
      PGPORT: `${server.port}`,
      PGSSLMODE: mode,
      PGCONNECT_TIMEOUT: "0",
    };
    const { settings } = loadSettings(["postgresql"], { ...PROCESS, args: [], env: (name) => env[name] });
    const stop = new AbortController();
    const attempt = connectPostgres(settings, { applicationName: "test", signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(attempt, TransientError);
  }
});

/** A server without TLS and authentication. */
const startPlaintextServer = (): Promise<TestServer> =>
  TestServer.start(net.createServer((socket) => {
    socket.on("error", () => {});
    // An SSLRequest has 8 bytes.
    socket.on("data", ({ length }) => {
      socket.write(length === 8 ? "N" : Buffer.concat([message("R", "\0\0\0\0"), message("Z", "I")]));
    });
  }));

Deno.test("connectPostgres() reports plaintext when the server is in another network, and not in the same", async () => {
  await using server = await startPlaintextServer();
  const reported: string[] = [];
  // 0.0.0.0 is this machine, too, but not known to be.
  for (const PGHOST of ["127.0.0.1", "localhost", "0.0.0.0"]) {
    const env: Record<string, string> = { PGHOST, PGPORT: `${server.port}`, PGSSLMODE: "prefer" };
    const { settings } = loadSettings(["postgresql"], { ...PROCESS, args: [], env: (name) => env[name] });
    const onPlaintext = () => reported.push(PGHOST);
    const client = await connectPostgres(settings, { applicationName: "test", onPlaintext });
    await endSession(client);
  }
  assert.deepEqual(reported, ["0.0.0.0"]);
});
