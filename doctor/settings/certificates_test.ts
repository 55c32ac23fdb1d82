import assert from "assert";
import { assertFails } from "../context_fixture.ts";
import { checkCa, checkClientCertificate } from "./certificates.ts";
import { Certificates } from "./certificates_fixture.ts";

const DAY = 86_400_000;
const ca = (path: string) => ({ setting: "KAFKA_SSL_CAFILE", path });
const client = (certificate: string, key: string, authority: string, now = Date.now()) =>
  checkClientCertificate(
    { setting: "KAFKA_SSL_CERTFILE", path: certificate },
    { setting: "KAFKA_SSL_KEYFILE", path: key },
    ca(authority),
    now,
  );

Deno.test("checkCa() fails with the cause when the file is not a CA certificate", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  const service = await files.issue("service", project);
  const now = Date.now();

  assert.equal(checkCa(ca(project.certificate), now).mark, "ok");
  assert.match(checkCa(ca(project.certificate), now).message, /“Project CA”, valid until/);
  assertFails(checkCa(ca(service.certificate), now), /not a CA certificate but that of “service”/);
  assertFails(checkCa(ca(project.key), now), /contains no "BEGIN CERTIFICATE" block/);
  assertFails(checkCa(ca(files.path("nowhere.pem")), now), /nowhere\.pem.*no such file/);
  assertFails(checkCa(ca(project.certificate), now + 3 * DAY), /expired on/);
  assertFails(checkCa(ca(project.certificate), now - DAY), /is not valid before/);

  const half = files.path("half.pem");
  await Deno.writeTextFile(half, (await Deno.readTextFile(project.certificate)).slice(0, 200));
  assertFails(checkCa(ca(half), now), /incomplete block.*truncated/);
  assert.match(checkCa(ca(""), now).message, /not set: the system's CAs are used/);
});

Deno.test("checkClientCertificate() fails with the cause when certificate, key and CA do not match", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  const other = await files.authority("Other CA");
  const user = await files.issue("avnadmin", project);
  const stranger = await files.issue("stranger", other);
  const old = await files.issue("old", project, { expired: true });

  const right = client(user.certificate, user.key, project.certificate);
  assert.equal(right.mark, "ok", right.message);
  assertFails(
    client(user.certificate, stranger.key, project.certificate),
    /stranger\.key \(KAFKA_SSL_KEYFILE\) is not the key of/,
  );
  const mixed = client(stranger.certificate, stranger.key, project.certificate);
  assertFails(mixed, /“stranger” was issued by “Other CA”, which is not the CA in/);
  assert.equal(mixed.blocks, false);
  assertFails(client(old.certificate, old.key, project.certificate), /“old” expired on/);
  assertFails(
    client(user.certificate, user.key, project.certificate, Date.now() - DAY),
    /is not valid before.*clock/,
  );
  assertFails(client(user.certificate, "", project.certificate), /KAFKA_SSL_KEYFILE is not set/);
  assertFails(client("", user.key, project.certificate), /KAFKA_SSL_CERTFILE is not set/);
  assertFails(client(user.key, user.certificate, project.certificate), /BEGIN CERTIFICATE/);
  assertFails(
    client(user.certificate, await files.encrypt(user), project.certificate),
    /passphrase.*openssl pkey/,
  );
  const broken = files.path("broken.key");
  await Deno.writeTextFile(broken, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  assertFails(client(user.certificate, broken, project.certificate), /not a valid private key/);
  assert.equal(client("", "", project.certificate).mark, "skipped");
});

Deno.test("checkClientCertificate() passes when the file has an intermediate signed by the CA", async () => {
  await using files = await Certificates.create();
  const root = await files.authority("Root CA");
  const middle = await files.issue("Middle CA", root);
  const user = await files.issue("user", middle);
  const chain = files.path("chain.pem");
  await Deno.writeTextFile(
    chain,
    await Deno.readTextFile(user.certificate) + await Deno.readTextFile(middle.certificate),
  );
  const outcome = client(chain, user.key, root.certificate);
  assert.equal(outcome.mark, "ok", outcome.message);
});
