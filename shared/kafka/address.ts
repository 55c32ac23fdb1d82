/**
 * Broker addresses, in the formats of kafka-python's `bootstrap_servers` and the Java client's `bootstrap.servers`.
 *
 * @module
 */
import { isIPv4, isIPv6 } from "node:net";

export interface Address {
  /** A host name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** As in kafka-python. Kafka's Java client has no default. */
const DEFAULT_PORT = 9092;

/** Values of `security.protocol`. */
const PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

/** Formats an address as `host:port`, with an IPv6 address in brackets. */
export const textOf = ({ host, port }: Address): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** The inverse of {@link textOf}. The text must be valid. */
export function addressOf(text: string): Address {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port: Number(text.slice(colon + 1)) };
}

export interface BootstrapServers {
  /** At least one. */
  readonly addresses: readonly Address[];
  /** Security protocols in prefixes such as `SSL://`. */
  readonly protocols: readonly string[];
}

/**
 * Parses brokers separated by commas or line breaks: `host`, `host:port` or `[IPv6]:port`, each optionally prefixed by `PROTOCOL://`.
 *
 * @returns an error as a string that continues a sentence starting with the setting's name
 * @example
 * ```ts
 * import assert from "assert";
 * assert.deepEqual(parseBootstrapServers("SSL://kafka-1, [::1]:9093"), {
 *   addresses: [{ host: "kafka-1", port: 9092 }, { host: "::1", port: 9093 }],
 *   protocols: ["SSL"],
 * });
 * assert.equal(typeof parseBootstrapServers("kafka:port"), "string");
 * ```
 */
export function parseBootstrapServers(text: string): BootstrapServers | string {
  const addresses: Address[] = [];
  const protocols = new Set<string>();
  const items = text.trim() === "" ? [] : text.trim().split(/\s*(?:,\s*|\n\s*)/);
  if (items.length === 0) return "names no broker: write host:port, several separated by commas";
  for (const item of items) {
    const server = parseServer(item);
    if (typeof server === "string") return server;
    addresses.push(server.address);
    if (server.protocol !== undefined) protocols.add(server.protocol);
  }
  return { addresses, protocols: [...protocols] };
}

function parseServer(item: string): { protocol?: string; address: Address } | string {
  if (item === "") return "has an empty item: write host:port, several separated by one comma each";
  const [, prefix] = /^([^:/]*):\/\//.exec(item) ?? [];
  const protocol = prefix?.toUpperCase();
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    return `has ${quoted(item)}, and ${prefix}:// is not a security protocol: write host:port, or one of ${
      PROTOCOLS.join("://, ")
    }:// before it`;
  }
  const address = parseHostPort(prefix === undefined ? item : item.slice(prefix.length + 3));
  if (typeof address === "string") return `has ${quoted(item)}, ${address}`;
  return { ...protocol !== undefined && { protocol }, address };
}

function parseHostPort(text: string): Address | string {
  if (isIPv6(text)) return `an IPv6 address without brackets: write [${text}] or [address]:port`;
  const [, address, name, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text) ?? [];
  const host = address ?? name;
  const isHost = address === undefined ? isHostName(name ?? "") : isIPv6(address);
  if (host === undefined || !isHost) {
    return "which is not host:port: write it without quotes, brackets, user and path";
  }
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (portText !== undefined && !/^\d{1,5}$/.test(portText) || port < 1 || port > 65_535) {
    return "whose port is not a number from 1 to 65535";
  }
  return { host, port };
}

/** Whether a text is an IPv4 address or a valid DNS name. International names must be in Punycode. */
export function isHostName(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return isIPv4(text);
  return text.length <= 254 && /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?$/i.test(text);
}

/** Quotes a text without the part before an `@`, which may contain a password. */
const quoted = (text: string) => JSON.stringify(text.replace(/^.*@/s, "•••@"));
