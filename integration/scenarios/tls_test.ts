import assert from "assert";
import type { KafkaServer, PostgresServer } from "../../local/servers/mod.ts";
import { Authority, type Certificate } from "../harness/certificates.ts";
import { expectStartupFailure, type StartupFailure } from "../harness/startup_failure.ts";
import { scenario } from "../harness/scenario.ts";
import { startTlsServers, type TlsServers } from "../harness/tls_servers.ts";

scenario({
  name: "producer and consumer work over TLS when client and server certificates are verified",
  failure: "None: Kafka with mutual TLS, PostgreSQL with `verify-full`",
  result: "All connections are encrypted and verified; rows equal records",
  services: "process",
}, async (s) => {
  const servers = await startTlsServers();
  const t = await s.withServers("services", servers);
  const consumer = await t.startConsumer(servers.settings);
  await t.produce(20_000, servers.settings);
  await t.reconcile({ unless: () => consumer.assertRunning() });
  const [connections] = await t.database.query<{ all: string; encrypted: string }>(
    `SELECT count(*) AS all, count(*) FILTER (WHERE ssl) AS encrypted
     FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  assert(Number(connections!.all) > 0);
  assert.equal(connections!.encrypted, connections!.all);
});

scenario({
  name: "producer and consumer connect when the environment has the variables of Aiven's runtime or operator",
  failure: "None: certificates and keys are contents of variables, with real or literal line breaks",
  result: "Both forms work without other settings of the connections; rows equal records",
  services: "process",
}, async (s) => {
  const servers = await startTlsServers();
  const t = await s.withServers("services", servers);
  const { client, authority, kafka, postgres: { host, port, user, password } } = servers;
  const uri = `postgres://${user}:${password}@${host}:${port}/${t.database.name}?sslmode=require`;
  const pem = {
    KAFKA_CA_CERT: authority.self.certificate,
    KAFKA_ACCESS_CERT: client.certificate,
    KAFKA_ACCESS_KEY: client.key,
  };
  const runtime = {
    ...UNSET,
    ...pem,
    DATABASE_URL: uri,
    KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
    KAFKA_SECURITY_PROTOCOL: "SSL",
  };
  const [kafkaHost, kafkaPort] = kafka.bootstrapServers.split(":");
  const literal = Object.entries(pem).map(([name, text]) => [name, text.replaceAll("\n", "\\n")]);
  const operator = {
    ...UNSET,
    ...Object.fromEntries(literal),
    DATABASE_URI: uri,
    PGHOST: host,
    PGPORT: port,
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: t.database.name,
    PGSSLMODE: "require",
    KAFKA_HOST: kafkaHost!,
    KAFKA_PORT: kafkaPort!,
  };
  await t.produce(2_000, runtime);
  const consumer = await t.startConsumer(operator);
  await t.produce(2_000, { ...operator, PRODUCER_SEED: "operator" });
  await t.reconcile({ unless: () => consumer.assertRunning() });
  await consumer.stop();
  await t.produce(2_000, { ...runtime, PRODUCER_SEED: "runtime" });
  const second = await t.startConsumer(runtime);
  await t.reconcile({ unless: () => second.assertRunning() });
});

/** Removes the settings of the scenario's connections: an empty value counts as not set. */
const UNSET = Object.fromEntries(
  ["KAFKA_BOOTSTRAP_SERVERS", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE"]
    .map((name) => [name, ""]),
);

scenario({
  name: "consumer and producer stop with the remedy when a certificate cannot be trusted",
  failure:
    "An unknown CA, a wrong host name, an expired certificate, no client certificate, a client certificate of another CA, a server without TLS",
  result: "Exit code 2; the message names the problem; no connection falls back to plaintext",
  services: "process",
}, async (s) => {
  const [servers, expired, stranger] = await Promise.all([
    startTlsServers(),
    startTlsServers({ expired: true }),
    Authority.create("stranger"),
  ]);
  s.use(stranger);
  const t = await s.withServers("valid", servers);
  const e = await s.withServers("expired", expired);
  const impostor = await stranger.issue("impostor");
  const results: (string | undefined)[] = [];
  const expect = ([what, settings, message]: StartupFailure, name: "producer" | "consumer") =>
    expectStartupFailure(t, name, what, { ...servers.settings, ...settings }, message);
  for (const failure of kafkaFailures(servers, stranger, impostor, s.kafka)) {
    results.push(...await Promise.all([expect(failure, "producer"), expect(failure, "consumer")]));
  }
  for (const failure of postgresFailures(stranger, s.postgres)) {
    results.push(await expect(failure, "consumer"));
  }
  results.push(
    await expectStartupFailure(e, "producer", "Kafka: an expired certificate", expired.settings, /expired/),
    await expectStartupFailure(e, "consumer", "PostgreSQL: an expired certificate", {
      ...servers.settings,
      KAFKA_BOOTSTRAP_SERVERS: servers.kafka.bootstrapServers,
      PGSSLROOTCERT: expired.authority.self.certificateFile,
    }, /expired/),
  );
  const problems = results.filter((result) => result !== undefined);
  assert.equal(problems.length, 0, problems.join("\n"));
});

function kafkaFailures(
  servers: TlsServers,
  stranger: Authority,
  impostor: Certificate,
  plain: KafkaServer,
): StartupFailure[] {
  return [
    [
      "Kafka: an unknown CA",
      { KAFKA_SSL_CAFILE: stranger.self.certificateFile },
      /not signed by a trusted CA.*KAFKA_SSL_CAFILE/,
    ],
    ["Kafka: a wrong host name", {
      KAFKA_BOOTSTRAP_SERVERS: `localhost:${servers.kafka.bootstrapServers.split(":")[1]}`,
    }, /another host name/],
    [
      "Kafka: no client certificate",
      { KAFKA_SSL_CERTFILE: "", KAFKA_SSL_KEYFILE: "" },
      /KAFKA_SSL_CERTFILE/,
    ],
    [
      "Kafka: a client certificate of another CA",
      { KAFKA_SSL_CERTFILE: impostor.certificateFile, KAFKA_SSL_KEYFILE: impostor.keyFile },
      /KAFKA_SSL_CERTFILE/,
    ],
    ["Kafka without TLS", { KAFKA_BOOTSTRAP_SERVERS: plain.bootstrapServers }, /TLS/],
    [
      "Kafka: a missing CA file",
      { KAFKA_SSL_CAFILE: "res/ssl/nowhere.pem" },
      /nowhere\.pem \(KAFKA_SSL_CAFILE\)/,
    ],
  ];
}

function postgresFailures(stranger: Authority, plain: PostgresServer): StartupFailure[] {
  return [
    [
      "PostgreSQL: an unknown CA",
      { PGSSLROOTCERT: stranger.self.certificateFile },
      /not signed by a trusted CA.*PGSSLROOTCERT/,
    ],
    ["PostgreSQL: a wrong host name", { PGHOST: "localhost" }, /another host name/],
    [
      "PostgreSQL without TLS",
      {
        PGHOST: plain.host,
        PGPORT: plain.port,
        PGUSER: plain.user,
        PGPASSWORD: plain.password,
      },
      /does not support TLS/,
    ],
    [
      "PostgreSQL: a missing CA file",
      { PGSSLROOTCERT: "res/ssl/nowhere.pem" },
      /nowhere\.pem \(PGSSLROOTCERT\)/,
    ],
  ];
}
