import assert from "assert";
import { Certificates } from "../settings/certificates_fixture.ts";
import type { Outcome } from "../check.ts";
import { assertFails, contextOf } from "../context_fixture.ts";
import { plaintextOutcome } from "./login.ts";
import { checkPostgresTls } from "./tls.ts";
import { startDatabase, startSilence } from "../server_fixture.ts";

async function tls(port: number, mode: string, env: Record<string, string> = {}): Promise<Outcome> {
  await using context = await contextOf({ PGHOST: "127.0.0.1", PGPORT: port, PGSSLMODE: mode, ...env });
  return await checkPostgresTls(context);
}

Deno.test("checkPostgresTls() fails with the cause when the server's certificate is not trusted", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  const other = await files.authority("Other CA");
  await using server = await startDatabase(await files.issue("postgres", project));
  await using expired = await startDatabase(await files.issue("old", project, { expired: true }));
  const root = { PGSSLROOTCERT: project.certificate };

  const full = await tls(server.port, "verify-full", root);
  assert.equal(full.mark, "ok", full.message);
  const system = { PGSSLROOTCERT: "system" };
  assertFails(
    await tls(server.port, "verify-full", system),
    /not one of the system's CAs.*set PGSSLROOTCERT to it/,
  );
  assertFails(
    await tls(server.port, "verify-ca", { PGSSLROOTCERT: other.certificate }),
    /issued by “Project CA”, and .* contains the CA “Other CA”/,
  );
  assertFails(await tls(expired.port, "verify-full", root), /“old” expired on/);
  const byName = { ...root, PGHOST: "localhost" };
  assertFails(
    await tls(server.port, "verify-full", byName),
    /is for IP Address:127\.0\.0\.1, not localhost/,
  );
  assert.match((await tls(server.port, "verify-ca", byName)).message, /chain verified, host name not/);
});

Deno.test("checkPostgresTls() warns that the server is not verified when PGSSLMODE=require has no root certificate", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  await using server = await startDatabase(await files.issue("postgres", project));
  const { mark, message, remedy } = await tls(server.port, "require", {
    KAFKA_SSL_CAFILE: project.certificate,
  });
  assert.equal(mark, "warning");
  assert.match(message, /PGSSLMODE=require encrypts, but does not verify the server/);
  assert.match(remedy!, /Set PGSSLMODE=verify-full, and PGSSLROOTCERT to .*Project CA\.pem/);
  const url = `postgres://me:hush@127.0.0.1:${server.port}/routes?sslmode=require`;
  const fromUrl = await tls(server.port, "", { DATABASE_URL: url });
  assert.match(fromUrl.remedy!, /Set PGSSLMODE \(in DATABASE_URL\)=verify-full/);
});

Deno.test("checkPostgresTls() fails when the server does not support TLS or is not PostgreSQL", async () => {
  await using server = await startDatabase();
  await using silent = await startSilence();
  assertFails(
    await tls(server.port, "verify-full", { PGSSLROOTCERT: "system" }),
    /does not support TLS, but PGSSLMODE=verify-full requires it/,
  );
  assertFails(await tls(server.port, "require"), /does not support TLS/);
  assertFails(await tls(silent.port, "require"), /is not PostgreSQL.*PGPORT/);
  assert.equal((await tls(server.port, "prefer")).mark, "skipped");
  assert.equal((await tls(server.port, "disable")).mark, "skipped");
});

Deno.test("plaintextOutcome() fails when PGSSLMODE requires TLS", () => {
  const off = (PGSSLMODE: string) =>
    plaintextOutcome({ settings: { PGSSLMODE } } as unknown as Parameters<typeof plaintextOutcome>[0]);
  for (const mode of ["require", "verify-ca", "verify-full"]) {
    assert.equal(off(mode).mark, "failed");
    assert.match(`${off(mode).message} ${off(mode).remedy}`, /unencrypted connection.*pooler or a proxy/);
  }
  assert.equal(off("prefer").mark, "ok");
  assert.equal(off("disable").mark, "ok");
});
