/**
 * Normalizes client addresses to count open pages.
 *
 * @module
 */
import { isIPv6 } from "node:net";

/**
 * Maps all addresses that one machine can choose itself to the same text: the loopback network, and the /64 of an IPv6 address.
 * IPv4-mapped IPv6 addresses (`::ffff:192.0.2.1`) map to the IPv4 address.
 */
export function viewerAddress(address: string): string {
  const plain = address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
  if (plain === "::1" || /^127\./.test(plain)) return "loopback";
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(":").filter(Boolean).length;
  const all = [...groups, ...Array<string>(missing).fill("0"), ...(tail ? tail.split(":") : [])];
  return `${all.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(":")}::/64`;
}
