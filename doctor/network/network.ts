/**
 * Names, addresses and TCP: the first steps to a server.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import * as net from "node:net";
import { diagnoseNetwork, type ServerNames } from "../../shared/diagnosis/network.ts";
import { codeOf, messageOf } from "../../shared/errors.ts";
import { type Address, textOf } from "../../shared/kafka/address.ts";
import { diagnosed, failed, ok, type Outcome, skipped, together } from "../check.ts";

/** Looks up the names of some servers. */
export async function checkNames(addresses: readonly Address[], names: ServerNames): Promise<Outcome> {
  const hosts = [...new Set(addresses.map(({ host }) => host))];
  const findings = await Promise.all(
    hosts.map(async (host) => {
      if (net.isIP(host)) return ok(`${host} is an address`);
      try {
        const found = await lookup(host, { all: true });
        return ok(`${host} is ${found.map(({ address }) => address).join(", ")}`);
      } catch (error) {
        return diagnosed(
          diagnoseNetwork(codeOf(error) === "EAI_AGAIN" ? "EAI_AGAIN" : "ENOTFOUND", host, names)!,
        );
      }
    }),
  );
  return { ...together(findings), blocks: findings.every(({ mark }) => mark === "failed") };
}

/** Opens a TCP connection. @throws with Node's code; `ETIMEDOUT` after `timeoutMs` */
export function connectTcp({ host, port }: Address, timeoutMs: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const settle = (end: () => void) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      // An error that comes when nobody waits for the connection any more must not end the process.
      socket.on("error", () => {});
      end();
    };
    const fail = (error: Error) =>
      settle(() => {
        socket.destroy();
        reject(error);
      });
    const timer = setTimeout(
      () => fail(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })),
      timeoutMs,
    );
    socket.once("connect", () => settle(() => resolve(socket)));
    socket.once("error", fail);
  });
}

/** Connects to some servers by TCP. */
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
      return ok(`${textOf(address)} takes connections (${(performance.now() - start).toFixed(0)} ms)`);
    } catch (error) {
      return { ...tcpProblem(address, error, names, timeoutMs), blocks: false };
    }
  }));
  return { ...together(findings), blocks: reachable.length === 0, reachable };
}

/** What a TCP connection that failed means. */
export function tcpProblem(address: Address, error: unknown, names: ServerNames, timeoutMs: number): Outcome {
  const at = textOf(address);
  const code = codeOf(error);
  // Another check is about names.
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return skipped(`${at} has no address`);
  const found = diagnoseNetwork(code, at, names, timeoutMs);
  return found
    ? diagnosed(found)
    : failed(`cannot connect to ${at}: ${messageOf(error)}`, `Check ${names.host}.`);
}
