/**
 * What a port speaks, found out by asking: Kafka itself says nothing to a client that speaks otherwise, it closes the connection.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import { addressOf } from "./address.ts";

const PATIENCE_MS = 3_000;
/** ApiVersions, version 0, correlation id 1, no client id, behind its length. Every broker answers it before anything else. */
const API_VERSIONS = Buffer.from("0000000a" + "0012" + "0000" + "00000001" + "ffff", "hex");

type Ask = (socket: net.Socket, settle: (answer: boolean) => void) => void;

function probe(socket: net.Socket, ask: Ask): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const settle = (answer: boolean) => {
      resolve(answer);
      socket.destroy();
    };
    socket.setTimeout(PATIENCE_MS, () => settle(false));
    socket.on("close", () => settle(false));
    ask(socket, settle);
  });
}

/** Whether Kafka answers at an address ("host:port") without TLS. */
export function speaksPlainly(address: string): Promise<boolean> {
  const socket = net.connect(addressOf(address), () => socket.write(API_VERSIONS));
  return probe(socket, (socket, settle) => {
    socket.on("error", () => settle(false));
    // Length, then the correlation id of the request.
    socket.on("data", (data: Buffer) => settle(data.length >= 8 && data.readInt32BE(4) === 1));
  });
}

/** Whether a TLS server answers at an address ("host:port"); one that asks for a client certificate is one, too. */
export function speaksTls(address: string): Promise<boolean> {
  const { host, port } = addressOf(address);
  // Nothing is said over it, so that it does not matter whom it is.
  const socket = tls.connect({
    host,
    port,
    rejectUnauthorized: false,
    ...(net.isIP(host) ? {} : { servername: host }),
  });
  return probe(socket, (socket, settle) => {
    socket.on("secureConnect", () => settle(true));
    socket.on("error", (error) => settle(/ALERT/.test((error as { code?: string }).code ?? "")));
  });
}
