/**
 * Causes and remedies of failed TCP connections.
 *
 * @module
 */
import type { Diagnosis } from "../errors.ts";

/** Names of a server in the settings and in Aiven's console. */
export interface ServerNames {
  /** The settings for host and port. */
  readonly host: string;
  readonly service: string;
}

export const KAFKA_NAMES: ServerNames = { host: "KAFKA_BOOTSTRAP_SERVERS", service: "the Kafka service" };
export const POSTGRES_NAMES: ServerNames = { host: "PGHOST and PGPORT", service: "the PostgreSQL service" };

/**
 * The diagnosis of a failed connection, by Node's error code; `undefined` if it is not a network error.
 *
 * @param at the server as the subject of the cause, such as `kafka:9092`
 * @param timeoutMs the timeout, if it is known
 */
export function diagnoseNetwork(
  code: string | undefined,
  at: string,
  names: ServerNames,
  timeoutMs?: number,
): Diagnosis | undefined {
  const diagnosis = (cause: string, remedy: string): Diagnosis => ({
    code: code!,
    cause: `${at} ${cause}`,
    remedy,
  });
  switch (code) {
    case "ETIMEDOUT":
      return diagnosis(
        `does not respond${timeoutMs === undefined ? "" : ` (${timeoutMs / 1000} s)`}`,
        `Packets are dropped, usually by the service's IP filter. Aiven: console → ${names.service} → Service settings → ` +
          `Allowed IP addresses must contain this machine's public address (curl https://ifconfig.me). ` +
          `Otherwise check the firewall, VPC peering, and ${names.host}.`,
      );
    case "ECONNREFUSED":
      return diagnosis(
        "refuses connections",
        `Check that the server is running, and that host and port in ${names.host} are correct. ` +
          "In a container, localhost is the container itself.",
      );
    case "ENOTFOUND":
      return diagnosis(
        "has no address: the host name does not exist",
        `Check ${names.host}. On Aiven, a service's host name is removed while it is powered off, and is available some minutes after its creation.`,
      );
    case "EAI_AGAIN":
      return diagnosis(
        "has no address: the DNS lookup failed",
        `Check ${names.host}, and that this machine (or container) can reach a name server.`,
      );
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return diagnosis(
        "is unreachable: there is no route",
        "Check the network and the VPN, and whether the address is a private one of another network.",
      );
    default:
      return undefined;
  }
}
