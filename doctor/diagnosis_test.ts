/**
 * Start-up errors and the doctor explain the same mistake with the same words. The doctor may append to the cause what it has looked
 * up, such as the issuer of a certificate.
 *
 * @module
 */
import assert from "assert";
import { createErrorFromCode } from "kafkajs/src/protocol/error.js";
import { KAFKA_NAMES, POSTGRES_NAMES } from "../shared/diagnosis/network.ts";
import { DiagnosedError } from "../shared/errors.ts";
import { kafkaError } from "../shared/kafka/errors.ts";
import { openKafka } from "../shared/kafka/session.ts";
import { connectPostgres } from "../shared/postgres/connection.ts";
import { Certificates } from "./settings/certificates_fixture.ts";
import type { Outcome } from "./check.ts";
import type { Context } from "./context.ts";
import { contextOf } from "./context_fixture.ts";
import { checkGroupAccess, topicAccessOutcome } from "./kafka/access.ts";
import { checkKafkaTls, checkSasl } from "./kafka/login.ts";
import { checkNames, checkTcp } from "./network/tcp.ts";
import { checkDatabase, checkLogin } from "./postgres/login.ts";
import { checkPostgresTls } from "./postgres/tls.ts";
import { type BrokerPort, startBroker, startDatabase, startRefusal } from "./server_fixture.ts";

type Check = (context: Context) => Outcome | Promise<Outcome>;
type Env = Record<string, string | number>;

/** Asserts that both have the same cause and remedy, independent of the server's name: its address, or `it`. */
function assertSame(error: unknown, outcome: Outcome, code: string, addresses: readonly string[]): void {
  assert(error instanceof DiagnosedError, String(error));
  assert.equal(outcome.mark, "failed", outcome.message);
  const neutral = (text: string) =>
    addresses.reduce((text, address) => text.replaceAll(address, "it"), text).replaceAll("it:1", "it");
  assert.equal(error.code, code, error.message);
  assert.equal(error.remedy, outcome.remedy);
  const shared = neutral(error.diagnosis.cause);
  assert(shared.length > 10, shared);
  assert(neutral(outcome.message).startsWith(shared), `${neutral(outcome.message)}\n${shared}`);
}

const thrown = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => assert.fail("nothing was thrown"), (error) => error);

async function postgres(check: Check, code: string, port: number, env: Env = {}): Promise<void> {
  const host = "127.0.0.1";
  await using context = await contextOf({ PGHOST: host, PGPORT: port, PGSSLMODE: "disable", ...env });
  const outcome = await check(context);
  const error = await thrown(connectPostgres(context.settings, { applicationName: "test" }));
  assertSame(error, outcome, code, [`${context.settings.PGHOST}:${port}`, context.settings.PGHOST]);
}

async function kafka(check: Check, code: string, port: number, env: Env = {}): Promise<void> {
  const host = String(env["HOST"] ?? "127.0.0.1");
  await using context = await contextOf({ KAFKA_BOOTSTRAP_SERVERS: `${host}:${port}`, ...env });
  context.set("servers", [{ host, port }]);
  const outcome = await check(context);
  const options = { clientId: "test", topics: ["routes"], log: () => {}, onConnectionError: () => {} };
  const error = await thrown(openKafka(context.settings, options));
  assertSame(error, outcome, code, [`${host}:${port}`, host]);
}

for (
  const [what, sqlState, text, check, code] of [
    [
      "a wrong password",
      "28P01",
      'password authentication failed for user "me"',
      checkLogin,
      "POSTGRES_LOGIN_FAILED",
    ],
    ["no such user", "28000", 'role "me" does not exist', checkLogin, "POSTGRES_ACCESS_DENIED"],
    [
      "no line of pg_hba.conf",
      "28000",
      'no pg_hba.conf entry for host "::1"',
      checkLogin,
      "POSTGRES_ACCESS_DENIED",
    ],
    ["TLS required", "28000", "no pg_hba.conf entry, no encryption", checkLogin, "POSTGRES_TLS_REQUIRED"],
    ["no privilege CONNECT", "42501", "permission denied", checkLogin, "POSTGRES_CONNECT_DENIED"],
    ["no connection left", "53300", "too many clients", checkLogin, "POSTGRES_CONNECTIONS_EXHAUSTED"],
    ["a server that starts", "57P03", "starting up", checkLogin, "POSTGRES_NOT_READY"],
    ["no such database", "3D000", 'database "x" does not exist', checkDatabase, "POSTGRES_DATABASE_MISSING"],
  ] as const
) {
  Deno.test(`connectPostgres() and the doctor give the same diagnosis for ${what}`, async () => {
    await using server = await startRefusal(sqlState, text);
    await postgres(check, code, server.port);
  });
}

Deno.test("connectPostgres() and the doctor give the same diagnosis when TLS fails", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  const other = await files.authority("Other CA");
  await using server = await startDatabase(await files.issue("postgres", project));
  await using expired = await startDatabase(await files.issue("old", project, { expired: true }));
  await using plain = await startDatabase();
  const env = { PGSSLMODE: "verify-full", PGSSLROOTCERT: project.certificate };
  const untrusted = { ...env, PGSSLROOTCERT: other.certificate };
  await postgres(checkPostgresTls, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", server.port, untrusted);
  await postgres(checkPostgresTls, "ERR_TLS_CERT_ALTNAME_INVALID", server.port, {
    ...env,
    PGHOST: "localhost",
  });
  await postgres(checkPostgresTls, "CERT_HAS_EXPIRED", expired.port, env);
  await postgres(checkPostgresTls, "POSTGRES_TLS_MISSING", plain.port, env);
});

Deno.test("openKafka() and the doctor give the same diagnosis when the port does not match", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  const other = await files.authority("Other CA");
  const certificate = await files.issue("kafka", project);
  const start = (port: BrokerPort) => startBroker(port);
  await using plain = await start({});
  await using secure = await start({ certificate });
  await using sasl = await start({ mechanisms: ["SCRAM-SHA-256"] });
  await using refusing = await start({ mechanisms: ["PLAIN"], loginError: "Invalid username or password" });
  const tls = { KAFKA_SECURITY_PROTOCOL: "SSL", KAFKA_SSL_CAFILE: project.certificate };
  const login = {
    KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
    KAFKA_SASL_MECHANISM: "PLAIN",
    KAFKA_SASL_PLAIN_USERNAME: "me",
    KAFKA_SASL_PLAIN_PASSWORD: "hush",
  };
  await kafka(checkKafkaTls, "KAFKA_TLS_REQUIRED", secure.port);
  await kafka(checkKafkaTls, "KAFKA_TLS_MISSING", plain.port, tls);
  await kafka(checkKafkaTls, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", secure.port, {
    ...tls,
    KAFKA_SSL_CAFILE: other.certificate,
  });
  await kafka(checkKafkaTls, "ERR_TLS_CERT_ALTNAME_INVALID", secure.port, { ...tls, HOST: "localhost" });
  await kafka(checkSasl, "KAFKA_SASL_REQUIRED", sasl.port);
  await kafka(checkSasl, "KAFKA_SASL_MECHANISM_UNSUPPORTED", sasl.port, login);
  await kafka(checkSasl, "KAFKA_LOGIN_FAILED", refusing.port, login);
});

Deno.test("start-up errors and the doctor give the same diagnosis when the server is unreachable", async () => {
  const port = 1;
  const at = (host: string) => [{ host, port }];
  const host = "127.0.0.1";
  await postgres(() => checkTcp(at(host), POSTGRES_NAMES, 1_000), "ECONNREFUSED", port);
  await kafka(() => checkTcp(at(host), KAFKA_NAMES, 1_000), "ECONNREFUSED", port);
  const HOST = "nowhere.invalid";
  const code = await Deno.resolveDns(HOST, "A").then(() => "", () => "ENOTFOUND");
  await postgres(() => checkNames(at(HOST), POSTGRES_NAMES), code, port, { PGHOST: HOST });
  await kafka(() => checkNames(at(HOST), KAFKA_NAMES), code, port, { HOST });
});

Deno.test("kafkaError() and the doctor give the same diagnosis when an ACL is missing", async () => {
  await using broker = await startBroker({ heartbeat: 30 });
  await using context = await contextOf({ CONSUMER_GROUP_ID: "mine" });
  const action = "Cannot connect to Kafka at it:1";
  const topic = { topic: "mine", error: 0, partitions: [], operations: new Set<never>() };
  const named = ({ message, remedy, ...rest }: Outcome): Outcome => ({
    ...rest,
    message: message.replace(" mine", ""),
    remedy: remedy!.replace(" mine", " …"),
  });
  const topicError = kafkaError(action, createErrorFromCode(29), context.settings);
  assertSame(topicError, named(topicAccessOutcome(topic, undefined)), "TOPIC_AUTHORIZATION_FAILED", []);
  context.set("servers", [{ host: "127.0.0.1", port: broker.port }]);
  await checkSasl(context);
  const groupError = kafkaError(action, createErrorFromCode(30), context.settings);
  assertSame(groupError, named(await checkGroupAccess(context)), "GROUP_AUTHORIZATION_FAILED", []);
});
