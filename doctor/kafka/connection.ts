/**
 * Checks of the way into Kafka: TLS, SASL, and the brokers behind the bootstrap servers.
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
import { diagnosed, failed, ok, type Outcome, skipped, together } from "../check.ts";
import type { Context } from "../context.ts";
import { metadata } from "./metadata.ts";
import {
  PORTS,
  refusedLogin,
  saslMismatch,
  tlsMismatch,
  unwantedSasl,
} from "../../shared/diagnosis/kafka_port.ts";
import { explorePort, type Port } from "../../shared/kafka/probe.ts";
import {
  offeredMechanisms,
  openTransport,
  saslOptionsOf,
  tlsOptionsOf,
  usesSasl,
  usesTls,
  withWire,
} from "./port.ts";
import { API_VERSIONS, KafkaWire } from "./wire.ts";
import { KAFKA_NAMES } from "../../shared/diagnosis/network.ts";
import { connectTcp, tcpProblem } from "../network/network.ts";
import { shownCertificate, startTls } from "../network/tls_socket.ts";
import { certificateProblem, handshakeProblem, type TlsAttempt } from "../network/tls_problem.ts";

/** Whether the first reachable server speaks TLS as the settings ask, and is who it says it is. */
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
  if (port === undefined) return notKafka(address);
  const mismatch = tlsMismatch(settings, port, textOf(address));
  if (mismatch) return diagnosed(mismatch);
  return skipped(`not used: KAFKA_SECURITY_PROTOCOL=${protocol} sends everything in the clear`);
}

const notKafka = (address: Address) =>
  failed(
    `${textOf(address)} takes connections but does not speak Kafka`,
    "Check the port: is it another service's (Schema Registry, REST, PostgreSQL), or a proxy's?",
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
      shown: await showCertificate(settings, address),
      now,
    };
    const mistake = certificateProblem(error, attempt);
    if (mistake) return mistake;
    const port = await explorePort(address, timeoutMs);
    if (port === undefined) return notKafka(address);
    const mismatch = tlsMismatch(settings, port, textOf(address));
    return mismatch
      ? diagnosed(mismatch)
      : refused(settings, port, error) ?? handshakeProblem(error, attempt);
  }
  const version = secure.getProtocol();
  const certificate = shownCertificate(secure);
  try {
    await withWire(secure, address, timeoutMs, (wire) => wire.request(API_VERSIONS));
  } catch (error) {
    const port = await explorePort(address, timeoutMs);
    return (port && refused(settings, port, error)) ?? failed(
      `the broker closed the connection after the TLS handshake (${messageOf(error)})`,
      "Is this the Kafka port? Is the client certificate one of this service's users?",
    );
  }
  return ok(
    `${version}, “${commonName(certificate?.subject ?? "")}” signed by “${
      commonName(certificate?.issuer ?? "")
    }”, ` +
      `chain and host name checked`,
  );
}

/** A client certificate that is missing or not accepted. */
function refused(settings: KafkaSettings, port: Port, error: unknown): Outcome | undefined {
  if (!port.clientCertificate) return undefined;
  if (settings.KAFKA_SSL_CERTFILE !== "") {
    return failed(
      `the broker refused the client certificate ${settings.KAFKA_SSL_CERTFILE} (${messageOf(error)})`,
      "It must be of a user of this very service, and not revoked: download service.cert and service.key anew (Aiven: console → Users).",
    );
  }
  return usesSasl(settings)
    ? failed(
      `this is the port for client certificates, and KAFKA_SECURITY_PROTOCOL=SASL_SSL logs in by SASL`,
      `Take the SASL port, or set KAFKA_SECURITY_PROTOCOL=SSL, KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE. ${PORTS}`,
    )
    : diagnosed(diagnoseTls("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", kafkaTlsUse(settings))!);
}

/** The server's certificate, whoever signed it. */
async function showCertificate(
  settings: KafkaSettings,
  address: Address,
): Promise<X509Certificate | undefined> {
  const timeoutMs = settings.KAFKA_CONNECTION_TIMEOUT_MS;
  try {
    const tcp = await connectTcp(address, timeoutMs);
    const socket = await startTls(tcp, address.host, { rejectUnauthorized: false }, timeoutMs);
    const certificate = shownCertificate(socket);
    socket.destroy();
    return certificate;
  } catch {
    return undefined;
  }
}

/** Whether the account is let in; leaves the connection to the checks after it. */
export async function checkSasl(context: Context): Promise<Outcome> {
  const { settings } = context;
  const address = context.get("servers")[0]!;
  const timeoutMs = settings.KAFKA_CONNECTION_TIMEOUT_MS;
  const sasl = usesSasl(settings) ? saslOptionsOf(settings) : undefined;
  const protocol = settings.KAFKA_SECURITY_PROTOCOL;
  const mechanisms = await withWire(
    await openTransport(settings, address),
    address,
    timeoutMs,
    offeredMechanisms,
  );
  const mismatch = sasl && mechanisms === undefined
    ? unwantedSasl(settings)
    : saslMismatch(settings, mechanisms);
  if (mismatch) return diagnosed(mismatch);
  const wire = await KafkaWire.on(await openTransport(settings, address), address, timeoutMs, sasl);
  context.closing(() => wire.close());
  if (sasl === undefined) {
    context.put("wire", wire);
    return skipped(`not used: KAFKA_SECURITY_PROTOCOL=${protocol}`);
  }
  try {
    await wire.login();
  } catch (error) {
    return diagnosed(refusedLogin(settings, messageOf(error)));
  }
  context.put("wire", wire);
  return ok(`logged in as “${settings.KAFKA_SASL_PLAIN_USERNAME}” by ${settings.KAFKA_SASL_MECHANISM}`);
}

/** Whether all brokers can be reached at the addresses that they tell clients. */
export async function checkBrokers(context: Context): Promise<Outcome> {
  const { settings } = context;
  const topics = context.get("streams").map(({ topic }) => topic);
  const cluster = context.put("cluster", await context.get("wire").request(metadata(topics)));
  const findings = await Promise.all(cluster.brokers.map(async (broker): Promise<Outcome> => {
    try {
      (await openTransport(settings, broker)).destroy();
      return ok(textOf(broker));
    } catch (error) {
      const { why } = tcpProblem(broker, error, KAFKA_NAMES, settings.KAFKA_CONNECTION_TIMEOUT_MS);
      return failed(
        `broker ${broker.node} tells clients to use ${textOf(broker)}, and ${
          why.replace(textOf(broker), "that")
        }`,
        "Clients connect to the addresses that brokers advertise, not to the bootstrap servers: correct advertised.listeners, " +
          "or make the name and the port reachable from here.",
      );
    }
  }));
  const outcome = together(findings);
  return outcome.mark === "failed"
    ? outcome
    : ok(`${cluster.brokers.length} can be reached: ${cluster.brokers.map(textOf).join(", ")}`);
}
