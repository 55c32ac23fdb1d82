import assert from "assert";
import { codeOf, PermanentError, sentences, TransientError } from "../errors.ts";
import { diagnoseNetwork, KAFKA_NAMES, POSTGRES_NAMES } from "./network.ts";
import { diagnosePostgresLogin } from "./postgres_login.ts";
import { diagnoseTls } from "./tls.ts";

const USE = {
  host: "db",
  ca: { setting: "THE_CA", path: "" },
  certificate: { setting: "THE_CERT", path: "" },
};

for (
  const [code, cause, remedy] of [
    ["SELF_SIGNED_CERT_IN_CHAIN", /not signed by a trusted CA/, /set THE_CA to/],
    ["ERR_TLS_CERT_ALTNAME_INVALID", /another host name/, /name that the certificate contains/],
    ["CERT_HAS_EXPIRED", /has expired/, /Renew/],
    ["CERT_NOT_YET_VALID", /not valid yet/, /clock/],
    ["ERR_SSL_WRONG_VERSION_NUMBER", /does not support TLS/, /port/],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", /requires a client certificate/, /Set THE_CERT/],
    ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", /rejected the TLS handshake/, /THE_CERT/],
    ["ERR_OSSL_X", /handshake failed/, /THE_CA and THE_CERT/],
  ] as const
) {
  Deno.test(`diagnoseTls() has cause and remedy when the code is ${code}`, () => {
    const found = diagnoseTls(code, USE)!;
    assert.equal(found.code, code);
    assert.match(found.cause, cause);
    assert.match(found.remedy, remedy);
    assert.match(sentences(found), /^[^.]+\. .*[.?]$/);
  });
}

Deno.test("diagnoseTls() and diagnoseNetwork() have nothing when the code is of another kind", () => {
  for (const code of [undefined, "42P01"]) {
    assert.equal(diagnoseTls(code, USE), undefined);
    assert.equal(diagnoseNetwork(code, "it", KAFKA_NAMES), undefined);
  }
});

for (const code of ["ECONNREFUSED", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]) {
  Deno.test(`diagnoseNetwork() names the server when the code is ${code}`, () => {
    const found = diagnoseNetwork(code, "db:5432", POSTGRES_NAMES, 2_000)!;
    assert.match(found.cause, /^db:5432 /);
    assert.match(found.remedy, code.endsWith("UNREACH") ? /VPN/ : /PGHOST/);
  });
}

Deno.test("PermanentError and TransientError compose the message from the diagnosis, and codeOf() returns the code of their cause", () => {
  const cause = Object.assign(new Error("no such role"), { code: "28000" });
  const failure = {
    action: "Cannot connect",
    code: "POSTGRES_ACCESS_DENIED",
    cause: "the server does not accept the user",
    remedy: "Correct PGUSER.",
  };
  for (
    const error of [
      new PermanentError(failure, { cause }),
      new TransientError(failure, "connection", { cause }),
    ]
  ) {
    assert.equal(error.message, "Cannot connect: the server does not accept the user. Correct PGUSER.");
    assert.deepEqual(
      [error.code, error.remedy, error.cause],
      [failure.code, failure.remedy, cause],
    );
    assert.equal(codeOf(error), "28000");
  }
});

Deno.test("diagnosePostgresLogin() names the user once when the password is wrong", () => {
  const causeOf = (message: string) =>
    diagnosePostgresLogin(Object.assign(new Error(message), { code: "28P01" }), {
      user: "me",
      database: "d",
      mode: "disable",
    })?.cause;
  const named = 'password authentication failed for user "me"';
  assert.equal(causeOf(named), named);
  // PgBouncer's.
  assert.equal(causeOf("SASL failed"), "password authentication of “me” failed: SASL failed");
});
