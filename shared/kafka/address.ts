/**
 * Addresses of brokers, as `bootstrap_servers` of kafka-python and `bootstrap.servers` of Kafka's Java client have them.
 *
 * @module
 */
import { isIPv4, isIPv6 } from "node:net";

/** Where a server is. */
export interface Address {
  /** A host name or an IP address, the latter without brackets. */
  readonly host: string;
  readonly port: number;
}

/** kafka-python's. Kafka's Java client has none. */
const DEFAULT_PORT = 9092;

/** Values of `security.protocol`. */
const PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

/** `host:port`, with an IPv6 address in brackets. */
export const textOf = ({ host, port }: Address): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** The reverse of {@link textOf}. The text must be one of {@link parseBootstrapServers}'s. */
export function addressOf(text: string): Address {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port: Number(text.slice(colon + 1)) };
}

/** Bootstrap servers. */
export interface BootstrapServers {
  /** At least one. */
  readonly addresses: readonly Address[];
  /** The security protocols that prefixes such as `SSL://` name. */
  readonly protocols: readonly string[];
}

/**
 * Parses brokers separated by commas or line breaks: `host`, `host:port`, `[IPv6]:port`, each with or without `PROTOCOL://`.
 *
 * @returns what they are, or what is wrong with them as the end of a sentence that begins with the setting's name
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
    return `has ${shown(item)}, and ${prefix}:// is not a security protocol: write host:port, or one of ${
      PROTOCOLS.join("://, ")
    }:// before it`;
  }
  const address = parseHostPort(prefix === undefined ? item : item.slice(prefix.length + 3));
  if (typeof address === "string") return `has ${shown(item)}, ${address}`;
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

/** Whether a text is an IPv4 address or a name that DNS may have. Letters beyond ASCII have to be in Punycode. */
export function isHostName(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return isIPv4(text);
  return text.length <= 254 && /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?$/i.test(text);
}

/** Whatever is before an `@` may be a password. */
const shown = (text: string) => JSON.stringify(text.replace(/^.*@/s, "•••@"));
