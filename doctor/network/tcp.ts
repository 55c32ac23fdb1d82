/**
 * Checks of host names and TCP connections.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import * as net from "node:net";
import { diagnoseNetwork, type ServerNames } from "../../shared/diagnosis/network.ts";
import { codeOf, messageOf } from "../../shared/errors.ts";
import { type Address, textOf } from "../../shared/kafka/address.ts";
import { combineOutcomes, diagnosed, failed, ok, type Outcome, skipped } from "../check.ts";

/** Resolves the host names of servers. */
export async function checkNames(addresses: readonly Address[], names: ServerNames): Promise<Outcome> {
  const hosts = [...new Set(addresses.map(({ host }) => host))];
  const findings = await Promise.all(
    hosts.map(async (host) => {
      if (net.isIP(host)) return ok(`${host} is an IP address`);
      try {
        const found = await lookup(host, { all: true });
        return ok(`${host} → ${found.map(({ address }) => address).join(", ")}`);
      } catch (error) {
        return diagnosed(
          diagnoseNetwork(codeOf(error) === "EAI_AGAIN" ? "EAI_AGAIN" : "ENOTFOUND", host, names)!,
        );
      }
    }),
  );
  return { ...combineOutcomes(findings), blocks: findings.every(({ mark }) => mark === "failed") };
}

/**
 * Waits for an event of a new socket.
 *
 * @throws with Node's code; `ETIMEDOUT` after `timeoutMs`, `ECONNRESET` if the connection is closed before. The socket is destroyed then.
 */
export function waitForSocket<S extends net.Socket>(
  socket: S,
  event: "connect" | "secureConnect",
  timeoutMs: number,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      clearTimeout(timer);
      socket.off(event, succeed);
      socket.off("close", onClose);
      socket.off("error", fail);
      // Later errors must not end the process.
      socket.on("error", () => {});
      end();
    };
    const fail = (error: Error) =>
      settle(() => {
        socket.destroy();
        reject(error);
      });
    const succeed = () => settle(() => resolve(socket));
    const failWith = (code: string) =>
      fail(Object.assign(new Error(`no ${event} event (${code})`), { code }));
    const onClose = () => failWith("ECONNRESET");
    const timer = setTimeout(() => failWith("ETIMEDOUT"), timeoutMs);
    socket.once(event, succeed);
    socket.once("close", onClose);
    socket.once("error", fail);
  });
}

/** Opens a TCP connection. @throws what {@link waitForSocket} throws */
export const connectTcp = ({ host, port }: Address, timeoutMs: number): Promise<net.Socket> =>
  waitForSocket(net.connect({ host, port }), "connect", timeoutMs);

/** Connects to servers. @returns also those that are reachable */
export async function checkTcp(
  addresses: readonly Address[],
  names: ServerNames,
  timeoutMs: number,
): Promise<Outcome & { reachable: Address[] }> {
  const reachable: Address[] = [];
  const findings = await Promise.all(addresses.map(async (address) => {
    const start = performance.now();
    try {
      (await connectTcp(address, timeoutMs)).destroy();
      reachable.push(address);
      return ok(`${textOf(address)} accepts connections (${(performance.now() - start).toFixed(0)} ms)`);
    } catch (error) {
      return { ...tcpOutcome(textOf(address), error, names, timeoutMs), blocks: false };
    }
  }));
  return { ...combineOutcomes(findings), blocks: reachable.length === 0, reachable };
}

/** The outcome of a failed TCP connection. @param at the server as the subject of the message */
export function tcpOutcome(at: string, error: unknown, names: ServerNames, timeoutMs: number): Outcome {
  const code = codeOf(error);
  // Reported by checkNames().
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return skipped(`${at} has no address`);
  const diagnosis = diagnoseNetwork(code, at, names, timeoutMs);
  return diagnosis
    ? diagnosed(diagnosis)
    : failed(`cannot connect to ${at}: ${messageOf(error)}`, `Check ${names.host}.`);
}
