/**
 * Causes and remedies of a security protocol that does not match the broker's port.
 *
 * @module
 */
import type { KafkaSettings } from "../kafka/client.ts";
import type { Port } from "../kafka/probe.ts";
import type { Diagnosis } from "../errors.ts";

/** Appended to the remedy when the port for the other authentication method is used. */
export const AIVEN_PORTS =
  "Aiven has separate ports for client certificates and SASL: console → the Kafka service → " +
  "Connection information → Authentication method shows both.";

/** Remedies for a connection that the broker closed. Kafka gives no reason for that. */
export const CLOSED_REMEDIES: Readonly<Record<KafkaSettings["KAFKA_SECURITY_PROTOCOL"], string>> = {
  PLAINTEXT:
    "If this persists: the port probably requires TLS or SASL. Check KAFKA_SECURITY_PROTOCOL and the port.",
  SSL:
    "If this persists: the port probably requires SASL. Check the port, or set KAFKA_SECURITY_PROTOCOL=SASL_SSL.",
  SASL_PLAINTEXT:
    "If this persists: the port probably requires TLS, or does not support SASL. Check KAFKA_SECURITY_PROTOCOL and the port.",
  SASL_SSL:
    "If this persists: the port probably requires a client certificate instead of SASL. Check the port, or set KAFKA_SECURITY_PROTOCOL=SSL.",
};

/** The value of KAFKA_SECURITY_PROTOCOL that matches a port. */
export const securityProtocolOf = ({ tls, mechanisms }: Port): KafkaSettings["KAFKA_SECURITY_PROTOCOL"] =>
  mechanisms ? (tls ? "SASL_SSL" : "SASL_PLAINTEXT") : tls ? "SSL" : "PLAINTEXT";

/** What a port requires, such as `TLS and a client certificate`. */
function requirementsOf({ tls, clientCertificate, mechanisms }: Port): string {
  const login = mechanisms
    ? `SASL (${mechanisms.join(", ")})`
    : clientCertificate
    ? "a client certificate"
    : "no authentication";
  return `${tls ? "TLS" : "no TLS"} and ${login}`;
}

/**
 * The diagnosis if either only the port or only the settings use TLS, else `undefined`.
 *
 * @param at the server as the subject of the cause, such as `kafka:9092`
 */
export function tlsMismatch(settings: KafkaSettings, port: Port, at: string): Diagnosis | undefined {
  const protocol = settings.KAFKA_SECURITY_PROTOCOL;
  if (port.tls === protocol.endsWith("SSL")) return undefined;
  return port.tls
    ? {
      code: "KAFKA_TLS_REQUIRED",
      cause: `${at} requires TLS, but KAFKA_SECURITY_PROTOCOL=${protocol} does not use it`,
      remedy:
        `The port requires ${requirementsOf(port)}: set KAFKA_SECURITY_PROTOCOL=${securityProtocolOf(port)}` +
        ` and KAFKA_SSL_CAFILE to the service's ca.pem` +
        `${port.clientCertificate ? ", KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE" : ""}.`,
    }
    : {
      code: "KAFKA_TLS_MISSING",
      cause: `${at} does not support TLS, but KAFKA_SECURITY_PROTOCOL=${protocol} requires it`,
      remedy:
        `The port requires ${
          requirementsOf(port)
        }: use the broker's TLS port or, if the network is trusted, set ` +
        `KAFKA_SECURITY_PROTOCOL=${securityProtocolOf(port)}.`,
    };
}

/** The diagnosis if the port requires SASL or another mechanism; `undefined` if it supports the mechanism or does not use SASL. */
export function saslMismatch(
  settings: KafkaSettings,
  mechanisms: readonly string[] | undefined,
): Diagnosis | undefined {
  if (mechanisms === undefined) return undefined;
  const { KAFKA_SECURITY_PROTOCOL: protocol, KAFKA_SASL_MECHANISM: mechanism } = settings;
  if (!protocol.startsWith("SASL")) {
    return {
      code: "KAFKA_SASL_REQUIRED",
      cause: `the port requires SASL (${
        mechanisms.join(", ")
      }), but KAFKA_SECURITY_PROTOCOL=${protocol} does not use it`,
      remedy: settings.KAFKA_SSL_CERTFILE === ""
        ? `Set KAFKA_SECURITY_PROTOCOL=${protocol === "SSL" ? "SASL_SSL" : "SASL_PLAINTEXT"}, ` +
          "KAFKA_SASL_PLAIN_USERNAME and KAFKA_SASL_PLAIN_PASSWORD."
        : `The SASL port does not accept client certificates: use the port for client certificates, or set ` +
          `KAFKA_SECURITY_PROTOCOL=SASL_SSL with user name and password. ${AIVEN_PORTS}`,
    };
  }
  if (mechanisms.includes(mechanism)) return undefined;
  return {
    code: "KAFKA_SASL_MECHANISM_UNSUPPORTED",
    cause: `the broker does not support ${mechanism}, only ${mechanisms.join(", ")}`,
    remedy: `Set KAFKA_SASL_MECHANISM=${
      mechanisms.find((each) => /^(SCRAM|PLAIN)/.test(each)) ?? mechanisms[0]
    }.`,
  };
}

/** The settings use SASL, but the port does not. */
export const unexpectedSasl = ({ KAFKA_SECURITY_PROTOCOL: protocol }: KafkaSettings): Diagnosis => ({
  code: "KAFKA_SASL_UNWANTED",
  cause: `the port does not use SASL, but KAFKA_SECURITY_PROTOCOL=${protocol} requires it`,
  remedy: `Use the SASL port, or set KAFKA_SECURITY_PROTOCOL=${
    protocol === "SASL_SSL" ? "SSL" : "PLAINTEXT"
  }. ${AIVEN_PORTS}`,
});

/** SASL credentials that the broker rejected. @param message the broker's error message */
export function failedLogin(settings: KafkaSettings, message: string): Diagnosis {
  // Kafka does not distinguish a wrong password from an unknown user. kafkajs keeps only the message of SaslAuthenticate.
  const reason = /invalid credentials/i.test(message) ? "unknown user or wrong password" : message;
  return {
    code: "KAFKA_LOGIN_FAILED",
    cause:
      `authentication of “${settings.KAFKA_SASL_PLAIN_USERNAME}” with ${settings.KAFKA_SASL_MECHANISM} failed: ${reason}`,
    remedy:
      "Check KAFKA_SASL_PLAIN_USERNAME and KAFKA_SASL_PLAIN_PASSWORD (Aiven: console → Users), and that the user has a " +
      "password for this mechanism.",
  };
}
