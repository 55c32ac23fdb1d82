import assert from "assert";
import type { SettingsError } from "./error.ts";
import { loadSettings } from "./load.ts";
import { load, problemsOf, sources } from "./load_fixture.ts";
import { PROGRAMS } from "./programs.ts";

const USER = { KAFKA_SASL_PLAIN_USERNAME: "me", KAFKA_SASL_PLAIN_PASSWORD: "hunter2" };
const CA = { KAFKA_SSL_CAFILE: "ca.pem" };
const PAIR = { KAFKA_SSL_CERTFILE: "service.cert", KAFKA_SSL_KEYFILE: "service.key" };
/** Environment, protocol, warnings. */
const PROTOCOLS: [env: Record<string, string>, protocol: string, ...warnings: RegExp[]][] = [
  [{}, "PLAINTEXT"],
  [CA, "SSL", /not set; using SSL because of KAFKA_SSL_CAFILE \(environment\)/],
  [PAIR, "SSL", /because of KAFKA_SSL_CERTFILE/],
  [USER, "SASL_SSL", /not set; using SASL_SSL because of KAFKA_SASL_PLAIN_USERNAME/],
  [{ ...USER, ...CA, ...PAIR }, "SASL_SSL", /using SASL_SSL/],
  [
    { KAFKA_BOOTSTRAP_SERVERS: "SSL://h:1,SSL://g:1" },
    "SSL",
    /using SSL because of KAFKA_BOOTSTRAP_SERVERS/,
  ],
  [{ KAFKA_BOOTSTRAP_SERVERS: "SASL_SSL://h:1", ...USER }, "SASL_SSL", /using SASL_SSL/],
  [{ KAFKA_SECURITY_PROTOCOL: "SSL", ...CA }, "SSL"],
  [
    { KAFKA_SECURITY_PROTOCOL: "PLAINTEXT", ...CA },
    "PLAINTEXT",
    /^KAFKA_SSL_CAFILE \(environment\) has no effect with KAFKA_SEC.*=PLAINTEXT/,
  ],
  [{ KAFKA_SECURITY_PROTOCOL: "sasl_plaintext", ...USER }, "SASL_PLAINTEXT"],
  [
    { KAFKA_SECURITY_PROTOCOL: "SSL", ...USER },
    "SSL",
    /USERNAME .*has no effect/,
    /PASSWORD .*has no effect/,
  ],
];

for (const [env, protocol, ...expected] of PROTOCOLS) {
  Deno.test(`loadSettings() uses ${protocol} when ${Object.keys(env).join(", ") || "nothing"} is set`, () => {
    const { settings, warnings } = load({ env });
    assert.equal(settings.KAFKA_SECURITY_PROTOCOL, protocol);
    assert.equal(warnings.length, expected.length, warnings.join("\n"));
    expected.forEach((warning, index) => assert.match(warnings[index]!, warning));
    assert.doesNotMatch(warnings.join(), /hunter2/);
  });
}

Deno.test("loadSettings() reports problems when settings contradict each other", () => {
  const contradictions: [env: Record<string, string>, ...problems: RegExp[]][] = [
    [
      { KAFKA_SECURITY_PROTOCOL: "SSL", KAFKA_BOOTSTRAP_SERVERS: "PLAINTEXT://h:1" },
      /prefix PLAINTEXT:\/\/.*=SSL/,
    ],
    [{ KAFKA_BOOTSTRAP_SERVERS: "PLAINTEXT://h:1", ...CA }, /prefix PLAINTEXT:\/\//],
    [{ KAFKA_BOOTSTRAP_SERVERS: "SSL://h:1,PLAINTEXT://g:1" }, /prefix SSL:\/\//],
    [
      { ...CA, KAFKA_SSL_CERTFILE: "c" },
      /^KAFKA_SSL_KEYFILE is not set, but KAFKA_SSL_CERTFILE \(environment\) is/,
    ],
    [{ KAFKA_SASL_PLAIN_PASSWORD: "hunter2" }, /^KAFKA_SASL_PLAIN_USERNAME is not set/],
    [
      { KAFKA_SECURITY_PROTOCOL: "SASL_SSL" },
      /^KAFKA_SASL_PLAIN_USERNAME is not set/,
      /^KAFKA_SASL_PLAIN_PASSWORD is not set.*or KAFKA_SASL_PLAIN_PASSWORD_FILE/,
    ],
    [{ PGSSLCERT: "c" }, /^PGSSLKEY is not set, but PGSSLCERT \(environment\) is/],
    [{ PGSSLKEY: "k" }, /^PGSSLCERT is not set, but PGSSLKEY \(environment\) is/],
    [
      { PGSSLMODE: "verify-ca" },
      /^PGSSLROOTCERT is not set, but PGSSLMODE=verify-ca \(environment\) requires it/,
    ],
    [{ PGSSLMODE: "verify-full" }, /^PGSSLROOTCERT is not set/],
    [
      { DATABASE_URL: "postgres://h/d?sslmode=verify-ca" },
      /PGSSLMODE=verify-ca \(DATABASE_URL\) requires it/,
    ],
    [
      { PGHOST: "/var/run/postgresql" },
      /^PGHOST \(environment\) is a directory of Unix sockets.*"\/var\/run\/postgresql"/,
    ],
    [{ PGHOST: "@socket" }, /directory of Unix sockets/],
    [{ PGHOST: "a,b" }, /names several servers/],
    [{ PGHOST: "h:5432" }, /is not a host name/],
    [{ PGSERVICE: "mine" }, /^PGSERVICE \(environment\)=mine is not supported/],
    [{ PGTARGETSESSIONATTRS: "read-write" }, /^PGTARGETSESSIONATTRS .*unset PGTARGETSESSIONATTRS/],
    [{ PGCHANNELBINDING: "require" }, /^PGCHANNELBINDING/],
    [{ PGCLIENTENCODING: "LATIN1" }, /^PGCLIENTENCODING .*=LATIN1 is not supported/],
    [{ PGCLIENT_ENCODING: "LATIN1" }, /^PGCLIENT_ENCODING .*=LATIN1 is not supported/],
    [{ PGREPLICATION: "database" }, /^PGREPLICATION .*=database is not supported/],
  ];
  for (const [env, ...expected] of contradictions) {
    const problems = problemsOf({ env });
    assert.equal(problems.length, expected.length, `${JSON.stringify(env)}: ${problems.join("\n")}`);
    expected.forEach((problem, index) => assert.match(problems[index]!, problem));
    assert.doesNotMatch(problems.join(), /hunter2/);
  }
  assert.deepEqual(problemsOf({ env: { PGSSLMODE: "disable", PGSSLCERT: "c", PGSSLROOTCERT: "r" } }), []);
});

Deno.test("loadSettings() warns when a service URI of Aiven has defaultdb and sslmode=require", () => {
  const { warnings } = load({ env: { DATABASE_URL: "postgres://u:p@h:1/defaultdb?sslmode=require" } });
  assert.equal(warnings.length, 2, warnings.join("\n"));
  assert.match(warnings[0]!, /defaultdb.*in DATABASE_URL, write \/routes/);
  assert.match(warnings[1]!, /PGSSLMODE=require .*Set PGSSLMODE \(in DATABASE_URL\)=verify-full/);
  const verified = { PGSSLMODE: "require", PGSSLROOTCERT: "ca.pem", PGDATABASE: "routes" };
  assert.deepEqual(load({ env: verified }).warnings, []);
});

Deno.test("loadSettings() reports problems when flags of rejects are incomplete or contradict each other", () => {
  const problems = (...args: string[]) => {
    try {
      return loadSettings(PROGRAMS.rejects, sources({ args })) && [];
    } catch (error) {
      return (error as SettingsError).texts;
    }
  };
  assert.deepEqual(problems("--delete", "--older-than=30d"), []);
  assert.deepEqual(problems("--older-than=12h"), []);
  assert.match(
    problems("--delete").join(),
    /^REJECTS_OLDER_THAN is not set, but REJECTS_DELETE \(--delete\) requires it\. Set --older-than/,
  );
  assert.match(
    problems("--delete", "--older-than=1d", "--replay").join("\n"),
    /^REJECTS_DELETE .* cannot be combined .*\nREJECTS_OLDER_THAN .* cannot be combined/,
  );
  for (const text of ["30", "d", "1.5d", "-1d", "30 d", "1w"]) {
    assert.match(problems(`--older-than=${text}`).join(), /is not a duration such as 30d, 12h or 90m/, text);
  }
});

Deno.test("loadSettings() returns seconds when a duration has a unit", () => {
  const seconds = (text: string) =>
    loadSettings(PROGRAMS.rejects, sources({ args: [`--older-than=${text}`] })).settings.REJECTS_OLDER_THAN;
  assert.deepEqual(["30d", "12h", "90m", "5s", "0s"].map(seconds), [2_592_000, 43_200, 5_400, 5, 0]);
});
