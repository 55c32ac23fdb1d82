/**
 * Causes and remedies of a security protocol that does not fit the port of a broker.
 *
 * @module
 */
import type { KafkaSettings } from "../kafka/client.ts";
import type { Port } from "../kafka/probe.ts";
import type { Diagnosis } from "../errors.ts";

/** How Aiven's ports differ; the mistake is made both ways. */
export const PORTS = "Aiven gives client certificates and SASL a port each: console → the Kafka service → " +
  "Connection information → Authentication method shows both.";

/** The value of KAFKA_SECURITY_PROTOCOL that fits a port. */
export const protocolOf = ({ tls, mechanisms }: Port): KafkaSettings["KAFKA_SECURITY_PROTOCOL"] =>
  mechanisms ? (tls ? "SASL_SSL" : "SASL_PLAINTEXT") : tls ? "SSL" : "PLAINTEXT";

/** What a port wants, in words. */
function wishOf({ tls, clientCertificate, mechanisms }: Port): string {
  const login = mechanisms
    ? `a login by SASL (${mechanisms.join(", ")})`
    : clientCertificate
    ? "a client certificate"
    : "no login";
  return `${tls ? "TLS" : "no TLS"} and ${login}`;
}

/**
 * A port with TLS and settings without, or the other way round; `undefined`: both have TLS or none.
 *
 * @param at the server as the subject of the cause, such as `kafka:9092`
 */
export function tlsMismatch(settings: KafkaSettings, port: Port, at: string): Diagnosis | undefined {
  const protocol = settings.KAFKA_SECURITY_PROTOCOL;
  if (port.tls === protocol.endsWith("SSL")) return undefined;
  return port.tls
    ? {
      code: "KAFKA_TLS_REQUIRED",
      cause: `${at} speaks TLS, and KAFKA_SECURITY_PROTOCOL=${protocol} does not`,
      remedy: `It wants ${wishOf(port)}: set KAFKA_SECURITY_PROTOCOL=${protocolOf(port)}` +
        ` and KAFKA_SSL_CAFILE to the service's ca.pem` +
        `${port.clientCertificate ? ", KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE" : ""}.`,
    }
    : {
      code: "KAFKA_TLS_MISSING",
      cause: `${at} does not speak TLS, and KAFKA_SECURITY_PROTOCOL=${protocol} asks for it`,
      remedy: `It wants ${wishOf(port)}: take the broker's TLS port or, where the network is your own, set ` +
        `KAFKA_SECURITY_PROTOCOL=${protocolOf(port)}.`,
    };
}

/** A port that wants a login by SASL, or another mechanism; `undefined`: it offers the mechanism, or wants no SASL. */
export function saslMismatch(
  settings: KafkaSettings,
  mechanisms: readonly string[] | undefined,
): Diagnosis | undefined {
  if (mechanisms === undefined) return undefined;
  const { KAFKA_SECURITY_PROTOCOL: protocol, KAFKA_SASL_MECHANISM: mechanism } = settings;
  if (!protocol.startsWith("SASL")) {
    return {
      code: "KAFKA_SASL_REQUIRED",
      cause: `this port wants a login by SASL (${
        mechanisms.join(", ")
      }), and KAFKA_SECURITY_PROTOCOL=${protocol} has none`,
      remedy: settings.KAFKA_SSL_CERTFILE === ""
        ? `Set KAFKA_SECURITY_PROTOCOL=${protocol === "SSL" ? "SASL_SSL" : "SASL_PLAINTEXT"}, ` +
          "KAFKA_SASL_PLAIN_USERNAME and KAFKA_SASL_PLAIN_PASSWORD."
        : `A client certificate is of no use on the SASL port: take the port for client certificates, or set ` +
          `KAFKA_SECURITY_PROTOCOL=SASL_SSL with user name and password. ${PORTS}`,
    };
  }
  if (mechanisms.includes(mechanism)) return undefined;
  return {
    code: "KAFKA_SASL_MECHANISM_UNSUPPORTED",
    cause: `the broker does not offer ${mechanism} but ${mechanisms.join(", ")}`,
    remedy: `Set KAFKA_SASL_MECHANISM=${
      mechanisms.find((each) => /^(SCRAM|PLAIN)/.test(each)) ?? mechanisms[0]
    }.`,
  };
}

/** A port that wants no SASL, and settings with it. */
export const unwantedSasl = ({ KAFKA_SECURITY_PROTOCOL: protocol }: KafkaSettings): Diagnosis => ({
  code: "KAFKA_SASL_UNWANTED",
  cause: `this port wants no SASL, and KAFKA_SECURITY_PROTOCOL=${protocol} logs in by it`,
  remedy: `Take the SASL port, or set KAFKA_SECURITY_PROTOCOL=${
    protocol === "SASL_SSL" ? "SSL" : "PLAINTEXT"
  }. ${PORTS}`,
});

/** A login by SASL that the broker refused. @param message the broker's own words */
export function refusedLogin(settings: KafkaSettings, message: string): Diagnosis {
  // All that Kafka says of a wrong password and of a user that it does not know.
  const why = /invalid credentials/i.test(message) ? "no such user, or a wrong password" : message;
  return {
    code: "KAFKA_LOGIN_FAILED",
    cause:
      `the broker refused “${settings.KAFKA_SASL_PLAIN_USERNAME}” by ${settings.KAFKA_SASL_MECHANISM}: ${why}`,
    remedy:
      "Check KAFKA_SASL_PLAIN_USERNAME and KAFKA_SASL_PLAIN_PASSWORD (Aiven: console → Users), and that the user has a " +
      "password for this mechanism.",
  };
}
