/**
 * Checks of the connection to Kafka: TLS, SASL, and the advertised addresses of the brokers.
 *
 * @module
 */
import type { X509Certificate } from "node:crypto";
import { messageOf } from "../../shared/errors.ts";
import { diagnoseTls } from "../../shared/diagnosis/tls.ts";
import { kafkaTlsUse } from "../../shared/kafka/errors.ts";
import { type Address, textOf } from "../../shared/kafka/address.ts";
import type { KafkaSettings } from "../../shared/kafka/client.ts";
import { commonName } from "../settings/certificates.ts";
import { combineOutcomes, diagnosed, failed, ok, type Outcome, skipped } from "../check.ts";
import type { Context } from "../context.ts";
import { metadataRequest } from "./metadata.ts";
import {
  AIVEN_PORTS,
  failedLogin,
  saslMismatch,
  tlsMismatch,
  unexpectedSasl,
} from "../../shared/diagnosis/kafka_port.ts";
import { explorePort, type Port } from "../../shared/kafka/probe.ts";
import {
  offeredMechanisms,
  openTransport,
  saslOptionsOf,
  tlsOptionsOf,
  usesSasl,
  usesTls,
  withConnection,
} from "./transport.ts";
import { API_VERSIONS_REQUEST, BrokerConnection } from "./broker_connection.ts";
import { KAFKA_NAMES } from "../../shared/diagnosis/network.ts";
import { connectTcp, tcpOutcome } from "../network/tcp.ts";
import { peerCertificate, startTls } from "../network/tls_socket.ts";
import { certificateOutcome, handshakeOutcome, type TlsAttempt } from "../network/tls_outcome.ts";

/** Checks that the first reachable server uses TLS as configured, and verifies its certificate. */
export async function checkKafkaTls(context: Context): Promise<Outcome> {
  const { settings } = context;
  const address = context.get("servers")[0]!;
  return usesTls(settings)
    ? await checkTlsPort(settings, address, context.now())
    : await checkPlainPort(settings, address);
}

async function checkPlainPort(settings: KafkaSettings, address: Address): Promise<Outcome> {
  const protocol = settings.KAFKA_SECURITY_PROTOCOL;
  const timeoutMs = settings.KAFKA_CONNECTION_TIMEOUT_MS;
  const port = await explorePort(address, timeoutMs);
  if (port === undefined) return notKafkaOutcome(address);
  const mismatch = tlsMismatch(settings, port, textOf(address));
  if (mismatch) return diagnosed(mismatch);
  return skipped(`not used: KAFKA_SECURITY_PROTOCOL=${protocol} does not encrypt`);
}

const notKafkaOutcome = (address: Address) =>
  failed(
    `${textOf(address)} accepts connections but does not respond to Kafka requests`,
    "Check the port: does it belong to another service (Schema Registry, REST, PostgreSQL) or to a proxy?",
  );

async function checkTlsPort(settings: KafkaSettings, address: Address, now: number): Promise<Outcome> {
  const timeoutMs = settings.KAFKA_CONNECTION_TIMEOUT_MS;
  const options = tlsOptionsOf(settings);
  let secure;
  try {
    secure = await startTls(await connectTcp(address, timeoutMs), address.host, options, timeoutMs);
  } catch (error) {
    const attempt: TlsAttempt = {
      host: address.host,
      ca: { setting: "KAFKA_SSL_CAFILE", path: settings.KAFKA_SSL_CAFILE },
      certificate: { setting: "KAFKA_SSL_CERTFILE", path: settings.KAFKA_SSL_CERTFILE },
      serverCertificate: await fetchServerCertificate(settings, address),
      now,
    };
    const mistake = certificateOutcome(error, attempt);
    if (mistake) return mistake;
    const port = await explorePort(address, timeoutMs);
    if (port === undefined) return notKafkaOutcome(address);
    const mismatch = tlsMismatch(settings, port, textOf(address));
    return mismatch
      ? diagnosed(mismatch)
      : clientCertificateOutcome(settings, port, error) ?? handshakeOutcome(error, attempt);
  }
  const version = secure.getProtocol();
  const certificate = peerCertificate(secure);
  try {
    await withConnection(secure, address, timeoutMs, (wire) => wire.request(API_VERSIONS_REQUEST));
  } catch (error) {
    const port = await explorePort(address, timeoutMs);
    return (port && clientCertificateOutcome(settings, port, error)) ?? failed(
      `the broker closed the connection after the TLS handshake (${messageOf(error)})`,
      "Is this the Kafka port? Does the client certificate belong to a user of this service?",
    );
  }
  return ok(
    `${version}, “${commonName(certificate?.subject ?? "")}” signed by “${
      commonName(certificate?.issuer ?? "")
    }”, ` +
      `chain and host name verified`,
  );
}

/** The outcome if a client certificate is required, and missing or rejected. */
function clientCertificateOutcome(settings: KafkaSettings, port: Port, error: unknown): Outcome | undefined {
  if (!port.clientCertificate) return undefined;
  if (settings.KAFKA_SSL_CERTFILE !== "") {
    return failed(
      `the broker did not accept the client certificate ${settings.KAFKA_SSL_CERTFILE} (${messageOf(error)})`,
      "It must belong to a user of this service and must not be revoked: download service.cert and service.key again (Aiven: console → Users).",
    );
  }
  return usesSasl(settings)
    ? failed(
      `the port requires a client certificate, but KAFKA_SECURITY_PROTOCOL=SASL_SSL authenticates with SASL`,
      `Use the SASL port, or set KAFKA_SECURITY_PROTOCOL=SSL, KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE. ${AIVEN_PORTS}`,
    )
    : diagnosed(diagnoseTls("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", kafkaTlsUse(settings))!);
}

/** The certificate that the server presents, without verifying it. */
async function fetchServerCertificate(
  settings: KafkaSettings,
  address: Address,
): Promise<X509Certificate | undefined> {
  const timeoutMs = settings.KAFKA_CONNECTION_TIMEOUT_MS;
  try {
    const tcp = await connectTcp(address, timeoutMs);
    const socket = await startTls(tcp, address.host, { rejectUnauthorized: false }, timeoutMs);
    const certificate = peerCertificate(socket);
    socket.destroy();
    return certificate;
  } catch {
    return undefined;
  }
}

/** Authenticates the account. Sets the connection for later checks. */
export async function checkSasl(context: Context): Promise<Outcome> {
  const { settings } = context;
  const address = context.get("servers")[0]!;
  const timeoutMs = settings.KAFKA_CONNECTION_TIMEOUT_MS;
  const sasl = usesSasl(settings) ? saslOptionsOf(settings) : undefined;
  const protocol = settings.KAFKA_SECURITY_PROTOCOL;
  const mechanisms = await withConnection(
    await openTransport(settings, address),
    address,
    timeoutMs,
    offeredMechanisms,
  );
  const mismatch = sasl && mechanisms === undefined
    ? unexpectedSasl(settings)
    : saslMismatch(settings, mechanisms);
  if (mismatch) return diagnosed(mismatch);
  const wire = await BrokerConnection.on(await openTransport(settings, address), address, timeoutMs, sasl);
  context.onClose(() => wire.close());
  if (sasl === undefined) {
    context.set("connection", wire);
    return skipped(`not used: KAFKA_SECURITY_PROTOCOL=${protocol}`);
  }
  try {
    await wire.login();
  } catch (error) {
    return diagnosed(failedLogin(settings, messageOf(error)));
  }
  context.set("connection", wire);
  return ok(`authenticated as “${settings.KAFKA_SASL_PLAIN_USERNAME}” with ${settings.KAFKA_SASL_MECHANISM}`);
}

/** Checks that all brokers are reachable at their advertised addresses. */
export async function checkBrokers(context: Context): Promise<Outcome> {
  const { settings } = context;
  const topics = context.get("streams").map(({ topic }) => topic);
  const cluster = context.set("cluster", await context.get("connection").request(metadataRequest(topics)));
  const findings = await Promise.all(cluster.brokers.map(async (broker): Promise<Outcome> => {
    try {
      (await openTransport(settings, broker)).destroy();
      return ok(textOf(broker));
    } catch (error) {
      const { message } = tcpOutcome("it", error, KAFKA_NAMES, settings.KAFKA_CONNECTION_TIMEOUT_MS);
      return failed(
        `broker ${broker.node} advertises ${textOf(broker)}, and ${message}`,
        "Clients connect to the advertised addresses, not to the bootstrap servers: correct advertised.listeners, or make this address " +
          "reachable from here.",
      );
    }
  }));
  const outcome = combineOutcomes(findings);
  return outcome.mark === "failed"
    ? outcome
    : ok(`${cluster.brokers.length} reachable: ${cluster.brokers.map(textOf).join(", ")}`);
}
