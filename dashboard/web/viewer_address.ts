/**
 * Whom an address stands for when open pages are counted.
 *
 * @module
 */
import { isIPv6 } from "node:net";

/**
 * The addresses that one machine can take by itself count as one: all of the loopback network, and an IPv6 network of 64 bits. An IPv4
 * address counts the same when it comes as an IPv6 one (`::ffff:192.0.2.1`).
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
