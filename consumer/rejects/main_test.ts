import assert from "assert";
import { Buffer } from "node:buffer";
import * as net from "node:net";
import { join } from "node:path";
import { TestServer } from "../../shared/test_server_fixture.ts";
import { message, row } from "../../shared/postgres/message_fixture.ts";

const ROOT = join(import.meta.dirname!, "../..");

/** Runs `deno task rejects` with its permissions and these settings only. */
async function rejects(args: string[], env: Record<string, string | number>) {
  const { HOME = "/", PATH = "", DENO_DIR } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-P=rejects", "consumer/rejects/main.ts", ...args],
    cwd: ROOT,
    env: {
      HOME,
      PATH,
      ...DENO_DIR !== undefined && { DENO_DIR },
      PGHOST: "127.0.0.1",
      LOG_FORMAT: "text",
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
    },
    clearEnv: true,
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/**
 * A PostgreSQL server without TLS and authentication.
 *
 * @param respond response to each query; `undefined` closes the connection
 * @param isInspectable responds like PostgreSQL to the inspection of the session
 */
const startServer = (respond: () => Buffer | undefined, isInspectable = false): Promise<TestServer> =>
  TestServer.start(net.createServer((socket) => {
    const ready = message("Z", "I");
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const bytes = Buffer.from(data);
      if (bytes.length === 8) return void socket.write("N");
      if (bytes[0] === 0) return void socket.write(Buffer.concat([message("R", "\0\0\0\0"), ready]));
      if (bytes[0] === "X".charCodeAt(0)) return void socket.end();
      const response = bytes.includes("pg_backend_pid") && isInspectable
        ? row({ pid: 0, version: 180_000, path: "public" })
        : respond();
      if (response === undefined) return void socket.destroy();
      socket.write(Buffer.concat([response, ready]));
    });
  }));

const failingWith = (code: string, text: string) => () =>
  message("E", `SERROR\0VERROR\0C${code}\0M${text}\0\0`);

Deno.test("rejects prints the remedy and exits with 2 when the table does not exist", async () => {
  await using server = await startServer(failingWith("42P01", 'relation "rejected_records" does not exist'));
  const { code, stdout, stderr } = await rejects([], { PGPORT: server.port });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /Cannot read rejected_records: .* does not exist\. Restart the consumer/);
  assert.doesNotMatch(stderr, /Unexpected|\.ts:/);
  assert.equal(stdout, "");
});

Deno.test("rejects --replay prints the remedy and exits with 2 when the account lacks a privilege", async () => {
  await using server = await startServer(
    failingWith("42501", "permission denied for table rejected_records"),
  );
  const { code, stdout, stderr } = await rejects(["--replay"], { PGPORT: server.port });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /Cannot move the rejected records of routes into routes_table: .*denied.*Privileges/);
  assert.doesNotMatch(stderr, /Unexpected|\.ts:/);
  assert.equal(stdout, "");
});

Deno.test("rejects exits with 1 when the server is unavailable or closes the connection", async () => {
  const unavailable = await rejects([], { PGPORT: 1 });
  assert.equal(unavailable.code, 1, unavailable.stderr);
  assert.match(
    unavailable.stderr,
    /Cannot connect to PostgreSQL at 127\.0\.0\.1:1: .*Check that the server is running.*deno task doctor/,
  );
  await using server = await startServer(() => undefined);
  const broken = await rejects([], { PGPORT: server.port });
  assert.equal(broken.code, 1, broken.stderr);
  assert.match(broken.stderr, /Cannot read rejected_records: /);
  for (const { stdout, stderr } of [unavailable, broken]) {
    assert.doesNotMatch(stderr, /Unexpected|\.ts:/);
    assert.equal(stdout, "");
  }
});

Deno.test("rejects warns on standard error when it falls back to plaintext or ignores a setting", async () => {
  await using server = await startServer(() => message("I", ""), true);
  const ini = Deno.makeTempFileSync({ dir: join(ROOT, "res"), prefix: "rejects_test_", suffix: ".ini" });
  try {
    Deno.writeTextFileSync(ini, "[postgresql]\nnonsense = 1\n");
    const { code, stdout, stderr } = await rejects([], {
      // Not known to be this machine.
      PGHOST: "0.0.0.0",
      PGPORT: server.port,
      HOST_SETTINGS: ini,
    });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /WARN .*Unknown key \[postgresql\] nonsense ignored/);
    assert.match(stderr, /WARN .*falling back to plaintext, as PGSSLMODE=prefer allows/);
    assert.equal(stdout, "No rejected records of routes.\n");
  } finally {
    Deno.removeSync(ini);
  }
});
