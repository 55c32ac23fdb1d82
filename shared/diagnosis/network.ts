/**
 * Causes and remedies of TCP connections that failed.
 *
 * @module
 */
import type { Diagnosis } from "../errors.ts";

/** What a server is called in the settings and in Aiven's console. */
export interface ServerNames {
  /** The settings that name host and port. */
  readonly host: string;
  readonly service: string;
}

export const KAFKA_NAMES: ServerNames = { host: "KAFKA_BOOTSTRAP_SERVERS", service: "the Kafka service" };
export const POSTGRES_NAMES: ServerNames = { host: "PGHOST and PGPORT", service: "the PostgreSQL service" };

/**
 * The diagnosis of a connection that failed, by Node's error code; `undefined`: not an error of the network.
 *
 * @param at the server as the subject of the cause, such as `kafka:9092`
 * @param timeoutMs how long an answer was waited for, if it is known
 */
export function diagnoseNetwork(
  code: string | undefined,
  at: string,
  names: ServerNames,
  timeoutMs?: number,
): Diagnosis | undefined {
  const say = (cause: string, remedy: string): Diagnosis => ({
    code: code!,
    cause: `${at} ${cause}`,
    remedy,
  });
  switch (code) {
    case "ETIMEDOUT":
      return say(
        `does not answer${timeoutMs === undefined ? "" : ` (${timeoutMs / 1000} s)`}`,
        `Something drops the packets: most often the service's IP filter. Aiven: console → ${names.service} → Service settings → ` +
          `Allowed IP addresses must have the address that this machine is seen with (curl https://ifconfig.me). ` +
          `Else a firewall, a VPC that is not peered, or a wrong ${names.host}.`,
      );
    case "ECONNREFUSED":
      return say(
        "refuses connections",
        `Nothing listens there: is the server running, and are host and port in ${names.host} right? ` +
          "In a container, localhost is the container itself.",
      );
    case "ENOTFOUND":
      return say(
        "has no address: there is no such host name",
        `Check ${names.host}. On Aiven a service's name vanishes while it is powered off, and appears some minutes after it was created.`,
      );
    case "EAI_AGAIN":
      return say(
        "has no address: the host name could not be looked up",
        `Check ${names.host}. Is this machine (or container) connected to a network with a name server?`,
      );
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return say(
        "cannot be reached: there is no route",
        "Check the network, the VPN, and whether the address is a private one of another network.",
      );
    default:
      return undefined;
  }
}
