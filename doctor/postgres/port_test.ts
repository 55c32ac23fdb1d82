import assert from "assert";
import { Certificates } from "../settings/certificates_fixture.ts";
import type { Outcome } from "../check.ts";
import { contextOf } from "../context_fixture.ts";
import { sslOff } from "./login.ts";
import { checkPostgresTls } from "./port.ts";
import { startDatabase, startSilence } from "../server_fixture.ts";

async function tls(port: number, mode: string, env: Record<string, string> = {}): Promise<Outcome> {
  await using context = await contextOf({ PGHOST: "127.0.0.1", PGPORT: port, PGSSLMODE: mode, ...env });
  return await checkPostgresTls(context);
}

function assertFails({ mark, why, remedy }: Outcome, about: RegExp): void {
  assert.equal(mark, "failed", why);
  assert.match(`${why}. ${remedy}`, about);
}

Deno.test("checkPostgresTls() names the mistake when the server's certificate is not to be trusted", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  const other = await files.authority("Other CA");
  await using server = await startDatabase(await files.issue("postgres", project));
  await using expired = await startDatabase(await files.issue("old", project, { expired: true }));
  const root = { PGSSLROOTCERT: project.certificate };

  const full = await tls(server.port, "verify-full", root);
  assert.equal(full.mark, "ok", full.why);
  const system = { PGSSLROOTCERT: "system" };
  assertFails(
    await tls(server.port, "verify-full", system),
    /system's CAs don't know.*set PGSSLROOTCERT to it/,
  );
  assertFails(
    await tls(server.port, "verify-ca", { PGSSLROOTCERT: other.certificate }),
    /issued by “Project CA”, and .* is the CA “Other CA”/,
  );
  assertFails(await tls(expired.port, "verify-full", root), /“old”, expired on/);
  const byName = { ...root, PGHOST: "localhost" };
  assertFails(
    await tls(server.port, "verify-full", byName),
    /not for localhost but for IP Address:127\.0\.0\.1/,
  );
  assert.match((await tls(server.port, "verify-ca", byName)).why, /chain checked, host name not/);
});

Deno.test("checkPostgresTls() says that require does not verify when it is set without a root certificate", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  await using server = await startDatabase(await files.issue("postgres", project));
  const { mark, why, remedy } = await tls(server.port, "require", { KAFKA_SSL_CAFILE: project.certificate });
  assert.equal(mark, "warning");
  assert.match(why, /PGSSLMODE=require encrypts, but does not verify who answers/);
  assert.match(remedy!, /Set PGSSLMODE=verify-full, and PGSSLROOTCERT to .*Project CA\.pem/);
  const url = `postgres://me:hush@127.0.0.1:${server.port}/routes?sslmode=require`;
  const fromUrl = await tls(server.port, "", { DATABASE_URL: url });
  assert.match(fromUrl.remedy!, /Set PGSSLMODE \(in DATABASE_URL\)=verify-full/);
});

Deno.test("checkPostgresTls() fails when the server offers no TLS, or is no PostgreSQL", async () => {
  await using server = await startDatabase();
  await using silent = await startSilence();
  assertFails(
    await tls(server.port, "verify-full", { PGSSLROOTCERT: "system" }),
    /offers no TLS, and PGSSLMODE=verify-full asks for it/,
  );
  assertFails(await tls(server.port, "require"), /offers no TLS/);
  assertFails(await tls(silent.port, "require"), /does not speak PostgreSQL.*PGPORT/);
  assert.equal((await tls(server.port, "prefer")).mark, "skipped");
  assert.equal((await tls(server.port, "disable")).mark, "skipped");
});

Deno.test("sslOff() fails when sslmode asks for TLS and the server sees none", () => {
  const off = (PGSSLMODE: string) =>
    sslOff({ settings: { PGSSLMODE } } as unknown as Parameters<typeof sslOff>[0]);
  for (const mode of ["require", "verify-ca", "verify-full"]) {
    assert.equal(off(mode).mark, "failed");
    assert.match(`${off(mode).why} ${off(mode).remedy}`, /not encrypted.*pooler or a proxy/);
  }
  assert.equal(off("prefer").mark, "ok");
  assert.equal(off("disable").mark, "ok");
});
