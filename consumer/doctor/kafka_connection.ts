/**
 * Checks of the way into Kafka: TLS, SASL, and the brokers behind the bootstrap servers.
 *
 * @module
 */
import type { X509Certificate } from "node:crypto";
import { messageOf } from "../../shared/errors.ts";
import { type Address, textOf } from "../../shared/kafka/address.ts";
import type { KafkaSettings } from "../../shared/kafka/connection.ts";
import { commonName } from "./certificates.ts";
import { failed, ok, type Outcome, skipped, together } from "./check.ts";
import type { Context } from "./context.ts";
import { metadata } from "./kafka_metadata.ts";
import {
  explorePort,
  offeredMechanisms,
  openTransport,
  type Port,
  protocolOf,
  saslOptionsOf,
  tlsOptionsOf,
  usesSasl,
  usesTls,
  wishOf,
  withWire,
} from "./kafka_port.ts";
import { API_VERSIONS, KafkaWire } from "./kafka_wire.ts";
import { KAFKA_NAMES } from "../../shared/diagnosis/network.ts";
import { connectTcp, tcpProblem } from "./network.ts";
import { shownCertificate, startTls } from "./tls_socket.ts";
import { certificateProblem, handshakeProblem, type TlsAttempt } from "./tls_problem.ts";

/** How Aiven's ports differ; the mistake is made both ways. */
const PORTS = "Aiven gives client certificates and SASL a port each: console → the Kafka service → " +
  "Connection information → Authentication method shows both.";

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
  if (port.tls) {
    return failed(
      `${textOf(address)} speaks TLS, and KAFKA_SECURITY_PROTOCOL=${protocol} does not`,
      `It wants ${wishOf(port)}: set KAFKA_SECURITY_PROTOCOL=${protocolOf(port)}` +
        ` and KAFKA_SSL_CAFILE to the service's ca.pem` +
        `${port.clientCertificate ? ", KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE" : ""}.`,
    );
  }
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
    return port.tls
      ? refused(settings, port, error) ?? handshakeProblem(error, attempt)
      : noTls(settings, port);
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

const noTls = (settings: KafkaSettings, port: Port) =>
  failed(
    `the port does not speak TLS, and KAFKA_SECURITY_PROTOCOL=${settings.KAFKA_SECURITY_PROTOCOL} asks for it`,
    `It wants ${wishOf(port)}: take the broker's TLS port or, where the network is your own, set ` +
      `KAFKA_SECURITY_PROTOCOL=${protocolOf(port)}.`,
  );

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
    : failed(
      "the broker asks for a client certificate, and KAFKA_SSL_CERTFILE is not set",
      "Set KAFKA_SSL_CERTFILE (service.cert) and KAFKA_SSL_KEYFILE (service.key).",
    );
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
  if (sasl === undefined && mechanisms) {
    return failed(
      `this port wants a login by SASL (${
        mechanisms.join(", ")
      }), and KAFKA_SECURITY_PROTOCOL=${protocol} has none`,
      settings.KAFKA_SSL_CERTFILE === ""
        ? `Set KAFKA_SECURITY_PROTOCOL=${protocol === "SSL" ? "SASL_SSL" : "SASL_PLAINTEXT"}, ` +
          "KAFKA_SASL_PLAIN_USERNAME and KAFKA_SASL_PLAIN_PASSWORD."
        : `A client certificate is of no use on the SASL port: take the port for client certificates, or set ` +
          `KAFKA_SECURITY_PROTOCOL=SASL_SSL with user name and password. ${PORTS}`,
    );
  }
  if (sasl && mechanisms === undefined) {
    return failed(
      `this port wants no SASL, and KAFKA_SECURITY_PROTOCOL=${protocol} logs in by it`,
      `Take the SASL port, or set KAFKA_SECURITY_PROTOCOL=${
        usesTls(settings) ? "SSL" : "PLAINTEXT"
      }. ${PORTS}`,
    );
  }
  const mechanism = settings.KAFKA_SASL_MECHANISM;
  if (mechanisms && !mechanisms.includes(mechanism)) {
    return failed(
      `the broker does not offer ${mechanism} but ${mechanisms.join(", ")}`,
      `Set KAFKA_SASL_MECHANISM=${mechanisms.find((each) => /^(SCRAM|PLAIN)/.test(each)) ?? mechanisms[0]}.`,
    );
  }
  const wire = await KafkaWire.on(await openTransport(settings, address), address, timeoutMs, sasl);
  context.closing(() => wire.close());
  if (sasl === undefined) {
    context.put("wire", wire);
    return skipped(`not used: KAFKA_SECURITY_PROTOCOL=${protocol}`);
  }
  try {
    await wire.login();
  } catch (error) {
    const message = messageOf(error);
    // All that Kafka says of a wrong password and of a user that it does not know.
    const why = /invalid credentials/i.test(message) ? "no such user, or a wrong password" : message;
    return failed(
      `the broker refused “${settings.KAFKA_SASL_PLAIN_USERNAME}” by ${mechanism}: ${why}`,
      "Check KAFKA_SASL_PLAIN_USERNAME and KAFKA_SASL_PLAIN_PASSWORD (Aiven: console → Users), and that the user has a " +
        "password for this mechanism.",
    );
  }
  context.put("wire", wire);
  return ok(`logged in as “${settings.KAFKA_SASL_PLAIN_USERNAME}” by ${mechanism}`);
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
