import assert from "assert";
import { load, problemsOf } from "./load_fixture.ts";

const URI = "postgres://avnadmin:hunter2@pg.example.com:5433/defaultdb?sslmode=require";
const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

/** The variables of Aiven's runtime. */
const RUNTIME = {
  DATABASE_URL: URI,
  KAFKA_BOOTSTRAP_SERVERS: "kafka.example.com:9001",
  KAFKA_SECURITY_PROTOCOL: "SSL",
  KAFKA_CA_CERT: PEM,
  KAFKA_ACCESS_CERT: PEM,
  KAFKA_ACCESS_KEY: PEM,
};
/** The variables of the operator's secrets. */
const OPERATOR = {
  DATABASE_URI: URI,
  PGHOST: "pg.example.com",
  PGPORT: "5433",
  PGUSER: "avnadmin",
  PGPASSWORD: "hunter2",
  PGDATABASE: "defaultdb",
  PGSSLMODE: "require",
  KAFKA_HOST: "kafka.example.com",
  KAFKA_PORT: "9001",
  KAFKA_SASL_HOST: "sasl.example.com",
  KAFKA_SASL_PORT: "9002",
  KAFKA_USERNAME: "avnadmin",
  KAFKA_PASSWORD: "hunter3",
  KAFKA_CA_CERT: PEM,
  KAFKA_ACCESS_CERT: PEM,
  KAFKA_ACCESS_KEY: PEM,
};
const WITHOUT_CERTIFICATE = { ...OPERATOR, KAFKA_ACCESS_CERT: "", KAFKA_ACCESS_KEY: "" };

Deno.test("loadSettings() connects to Kafka with the client certificate when the variables are those of Aiven's runtime", () => {
  const { settings, warnings } = load({ env: RUNTIME });
  assert.deepEqual(settings.KAFKA_BOOTSTRAP_SERVERS, ["kafka.example.com:9001"]);
  assert.equal(settings.KAFKA_SECURITY_PROTOCOL, "SSL");
  assert.deepEqual(
    [settings.KAFKA_SSL_CAFILE, settings.KAFKA_SSL_CERTFILE, settings.KAFKA_SSL_KEYFILE],
    ["env:KAFKA_CA_CERT", "env:KAFKA_ACCESS_CERT", "env:KAFKA_ACCESS_KEY"],
  );
  assert.equal(settings.PGHOST, "pg.example.com");
  assert.equal(warnings.length, 2, `defaultdb, and a server that is not verified: ${warnings}`);
});

Deno.test("loadSettings() prefers the client certificate when the operator's secrets have certificate and user", () => {
  const { settings, origins, warnings } = load({ env: OPERATOR });
  assert.deepEqual(settings.KAFKA_BOOTSTRAP_SERVERS, ["kafka.example.com:9001"]);
  assert.equal(settings.KAFKA_SECURITY_PROTOCOL, "SSL");
  assert.equal(settings.KAFKA_SSL_KEYFILE, "env:KAFKA_ACCESS_KEY");
  assert.equal(settings.KAFKA_SASL_PLAIN_USERNAME, "");
  assert.equal(origins.KAFKA_BOOTSTRAP_SERVERS, "KAFKA_HOST and KAFKA_PORT");
  assert.deepEqual([settings.PGHOST, settings.PGPORT, settings.PGPASSWORD], [
    "pg.example.com",
    5433,
    "hunter2",
  ]);
  assert.ok(!warnings.some((warning) => warning.includes("KAFKA")), warnings.join());
});

Deno.test("loadSettings() uses SASL_SSL when the operator's secrets have no certificate, or SASL is set", () => {
  const { KAFKA_ACCESS_CERT: _, ...withKey } = OPERATOR;
  for (
    const env of [
      WITHOUT_CERTIFICATE,
      withKey,
      { ...OPERATOR, KAFKA_SECURITY_PROTOCOL: "SASL_SSL" },
      { ...OPERATOR, KAFKA_SASL_PLAIN_USERNAME: "avnadmin" },
    ]
  ) {
    const { settings } = load({ env });
    assert.deepEqual(settings.KAFKA_BOOTSTRAP_SERVERS, ["sasl.example.com:9002"]);
    assert.equal(settings.KAFKA_SECURITY_PROTOCOL, "SASL_SSL");
    assert.deepEqual([settings.KAFKA_SASL_PLAIN_USERNAME, settings.KAFKA_SASL_PLAIN_PASSWORD], [
      "avnadmin",
      "hunter3",
    ]);
    assert.deepEqual([settings.KAFKA_SSL_CAFILE, settings.KAFKA_SSL_CERTFILE], ["env:KAFKA_CA_CERT", ""]);
  }
});

Deno.test("loadSettings() reports a problem without secrets when a setting and a variable of Aiven differ", () => {
  const different: [env: Record<string, string>, problem: RegExp][] = [
    [
      { ...OPERATOR, KAFKA_BOOTSTRAP_SERVERS: "other:1" },
      /^KAFKA_BOOTSTRAP_SERVERS=other:1 \(environment\) contradicts KAFKA_HOST and KAFKA_PORT=kafka\.example\.com:9001\. Set only one/,
    ],
    [
      { ...OPERATOR, DATABASE_URL: URI.replace("pg.", "pg2.") },
      /^DATABASE_URL \(environment\) and DATABASE_URI have different values/,
    ],
    [{ ...OPERATOR, PGPORT: "1" }, /^PGPORT \(environment\) and DATABASE_URI have different values/],
    [{ ...OPERATOR, PGPASSWORD: "hunter4" }, /^PGPASSWORD \(environment\) and DATABASE_URI have different/],
    [
      { ...WITHOUT_CERTIFICATE, KAFKA_SASL_PLAIN_PASSWORD: "hunter4" },
      /^KAFKA_SASL_PLAIN_PASSWORD \(environment\) and KAFKA_PASSWORD have different values/,
    ],
    [
      { ...WITHOUT_CERTIFICATE, KAFKA_SASL_PLAIN_USERNAME: "me" },
      /^KAFKA_SASL_PLAIN_USERNAME=me \(environment\) contradicts KAFKA_USERNAME=avnadmin/,
    ],
    [
      { ...OPERATOR, KAFKA_SSL_CAFILE: "res/other.pem" },
      /^KAFKA_SSL_CAFILE \(environment\) and KAFKA_CA_CERT have different values/,
    ],
    [
      { ...OPERATOR, KAFKA_SSL_KEYFILE: "res/missing.key" },
      /^KAFKA_SSL_KEYFILE \(environment\) and KAFKA_ACCESS_KEY have different values/,
    ],
  ];
  for (const [env, problem] of different) {
    const problems = problemsOf({ env, files: { "res/other.pem": "other" } });
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0]!, problem);
    assert.doesNotMatch(problems[0]!, /hunter|AAAA/);
  }
});

Deno.test("loadSettings() accepts a setting next to a variable of Aiven when both have the same value, or a flag overrides it", () => {
  const same = {
    ...OPERATOR,
    KAFKA_BOOTSTRAP_SERVERS: "SSL://kafka.example.com:9001",
    DATABASE_URL: URI,
    KAFKA_SSL_CAFILE: "res/ca.pem",
  };
  const files = { "res/ca.pem": PEM.trim() };
  assert.deepEqual(problemsOf({ env: same, files }), []);
  assert.deepEqual(problemsOf({ env: { ...same, KAFKA_CA_CERT: PEM.replaceAll("\n", "\\n") }, files }), []);
  const { settings } = load({ env: OPERATOR, args: ["--kafka-bootstrap-servers=other:1", "--pgport=1"] });
  assert.deepEqual([settings.KAFKA_BOOTSTRAP_SERVERS, settings.PGPORT], [["other:1"], 1]);
});

Deno.test("loadSettings() ignores KAFKA_PORT when it is the URL of a Kubernetes service", () => {
  const link = "tcp://10.0.0.7:9092";
  const { settings, warnings } = load({ env: { KAFKA_PORT: link } });
  assert.deepEqual([settings.KAFKA_BOOTSTRAP_SERVERS, warnings], [["localhost:9092"], []]);
  assert.deepEqual(load({ env: { ...RUNTIME, KAFKA_PORT: link } }).settings.KAFKA_BOOTSTRAP_SERVERS, [
    "kafka.example.com:9001",
  ]);
  assert.deepEqual(problemsOf({ env: { ...OPERATOR, KAFKA_PORT: link } }), [
    `KAFKA_HOST is set, but KAFKA_PORT is ${link}, which comes from Kubernetes. ` +
    "Set enableServiceLinks: false in the pod, and KAFKA_PORT to the port of Kafka.",
  ]);
  assert.deepEqual(problemsOf({ env: { ...OPERATOR, KAFKA_PORT: "" } }), [
    "KAFKA_HOST is set, but KAFKA_PORT is not. Set KAFKA_PORT.",
  ]);
  assert.match(
    problemsOf({ env: { ...OPERATOR, KAFKA_PORT: "port" } })[0]!,
    /^KAFKA_BOOTSTRAP_SERVERS \(KAFKA_HOST and KAFKA_PORT\)/,
  );
});

Deno.test("loadSettings() reports a problem when a path refers to an unknown variable", () => {
  assert.match(
    problemsOf({ env: { KAFKA_SSL_CAFILE: "env:HOME", KAFKA_SECURITY_PROTOCOL: "SSL" } })[0]!,
    /^KAFKA_SSL_CAFILE \(environment\) is not one of env:KAFKA_CA_CERT, .*: "env:HOME"/,
  );
});
