import assert from "assert";
import { SettingsError } from "../shared/settings/error.ts";
import { help, readOptions, serviceEnvironment } from "./options.ts";

const read = (args: string[], environment: Record<string, string> = {}) =>
  readOptions({
    args,
    env: (name) => environment[name],
    readFile: () => "[kafka]\nsecurity_protocol = NONSENSE\n",
  });

const servers = {
  kafka: { bootstrapServers: "127.0.0.1:9" },
  postgres: { host: "127.0.0.1", port: 5, user: "u", password: "p" },
};

Deno.test("readOptions() passes flags on by environment variable", () => {
  const { settings, flags } = read([
    "--count",
    "3",
    "--streams=one,other",
    "--kafka-topic-partitions",
    "2",
  ]);
  assert.equal(settings.PRODUCER_COUNT, 3);
  assert.deepEqual(flags, {
    CONSUMER_SESSION_TIMEOUT_MS: "10000",
    PRODUCER_COUNT: "3",
    STREAMS: "one,other",
    KAFKA_TOPIC_PARTITIONS: "2",
  });
});

Deno.test("readOptions() accepts flags after -- when another task runner passes them", () => {
  assert.equal(read(["--", "--count", "3"]).settings.PRODUCER_COUNT, 3);
});

Deno.test("readOptions() passes on settings of the environment and no other variables", () => {
  const { settings, flags } = read([], { PRODUCER_COUNT: "7", CONSUMER_SESSION_TIMEOUT_MS: "20000" });
  assert.equal(settings.PRODUCER_COUNT, 7);
  assert.deepEqual(flags, { PRODUCER_COUNT: "7", CONSUMER_SESSION_TIMEOUT_MS: "20000" });
});

Deno.test("readOptions() ignores connection settings when they are invalid", () => {
  read([], {
    KAFKA_SECURITY_PROTOCOL: "NONSENSE",
    KAFKA_TOPIC_REPLICATION_FACTOR: "x",
    KAFKA_SASL_PLAIN_PASSWORD_FILE: "/missing",
    PGPORT: "x",
    HOST_SETTINGS: "/missing",
    DATABASE_URL: "%",
  });
});

Deno.test("readOptions() reports all flags together when deno task start sets them", () => {
  assert.throws(
    () =>
      read([
        ...["--http-port", "1", "--until-caught-up"],
        ...["--kafka-bootstrap-servers", "x:1", "--kafka-topic-replication-factor", "3"],
      ]),
    (error) =>
      error instanceof SettingsError && error.problems.length === 4 &&
      error.texts.every((text) => /^--\S+ is not supported: deno task start sets [A-Z_]+\.$/.test(text)),
  );
});

Deno.test("serviceEnvironment() overrides all connection settings", () => {
  const environment = serviceEnvironment({ PRODUCER_RATE: "5" }, servers, 80);
  const set = Object.entries(environment).filter(([, value]) => value !== "").map(([name]) => name).sort();
  assert.deepEqual(set, [
    "HTTP_HOST",
    "HTTP_PORT",
    "KAFKA_BOOTSTRAP_SERVERS",
    "KAFKA_SECURITY_PROTOCOL",
    "LOG_FORMAT",
    "PGDATABASE",
    "PGHOST",
    "PGPASSWORD",
    "PGPORT",
    "PGSSLMODE",
    "PGUSER",
    "PRODUCER_RATE",
  ]);
  for (
    const name of [
      "DATABASE_URL",
      "DATABASE_URL_FILE",
      "PGPASSWORD_FILE",
      "PGSERVICE",
      "PGCLIENT_ENCODING",
      "KAFKA_SSL_CAFILE",
      "KAFKA_TOPIC_REPLICATION_FACTOR",
    ]
  ) {
    assert.equal(environment[name], "");
  }
  assert.equal(environment["PGPORT"], "5");
});

Deno.test("serviceEnvironment() does not set topic settings", () => {
  assert.ok(!("KAFKA_TOPIC_PARTITIONS" in serviceEnvironment({}, servers, 80)));
  assert.ok(!("KAFKA_TOPIC_PREFIX" in serviceEnvironment({}, servers, 80)));
});

Deno.test("help() lists accepted settings and no rejected ones", () => {
  const listed = [...help().matchAll(/^ {2}(--\S+)/gm)].map(([, flag]) => flag!);
  assert.ok(listed.includes("--kafka-topic-partitions") && listed.includes("--kafka-topic-prefix"));
  const rejected = [
    ...["--until-caught-up", "--dashboard-services", "--http-host", "--http-port"],
    ...["--kafka-topic-replication-factor", "--kafka-bootstrap-servers"],
  ];
  for (const flag of rejected) {
    assert.ok(!listed.includes(flag), flag);
    assert.throws(() => read(flag === "--until-caught-up" ? [flag] : [flag, "1"]), SettingsError, flag);
  }
});
