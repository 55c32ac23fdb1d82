/**
 * Finds out which security protocol a port requires. Kafka closes the connection of a client with another protocol without an error.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import type { Address } from "./address.ts";

/** A port's requirements. */
export interface Port {
  readonly tls: boolean;
  /** Whether a client certificate is required. */
  readonly clientCertificate: boolean;
  /** Supported SASL mechanisms; `undefined` if SASL is not enabled or the broker did not respond. */
  readonly mechanisms: readonly string[] | undefined;
}

const PROBE_TIMEOUT_MS = 3_000;
/** Length, ApiVersions version 0, correlation id 1, no client id. Brokers accept it before authentication. */
const API_VERSIONS = Buffer.from("0000000a" + "0012" + "0000" + "00000001" + "ffff", "hex");
/** Length, SaslHandshake version 1, correlation id 2, no client id, a mechanism. The response lists all mechanisms. */
const SASL_HANDSHAKE = Buffer.concat([
  Buffer.from("00000019" + "0011" + "0001" + "00000002" + "ffff" + "000d", "hex"),
  Buffer.from("SCRAM-SHA-256"),
]);
const ILLEGAL_SASL_STATE = 34;
/** A longer response is not from Kafka. */
const RESPONSE_BYTES_MAX = 65_536;

/** Probes a port with and without TLS. Returns `undefined` if neither gets a response from Kafka. */
export async function explorePort(
  { host, port }: Address,
  timeoutMs: number = PROBE_TIMEOUT_MS,
): Promise<Port | undefined> {
  // No credentials or records are sent, so that the server's identity is not verified.
  const options = { host, port, rejectUnauthorized: false, ...!net.isIP(host) && { servername: host } };
  const [plain, secure] = await Promise.all([
    probe(net.connect({ host, port }), "connect", timeoutMs),
    probe(tls.connect(options), "secureConnect", timeoutMs),
  ]);
  if (plain.isKafka) return { tls: false, clientCertificate: false, mechanisms: plain.mechanisms };
  // The server reports a missing client certificate during the handshake (TLS 1.2) or after it (TLS 1.3).
  const clientCertificate = secure.isAlert || secure.isConnected && !secure.isKafka;
  return secure.isKafka || clientCertificate
    ? { tls: true, clientCertificate, mechanisms: secure.mechanisms }
    : undefined;
}

interface ProbeResult {
  isConnected: boolean;
  isKafka: boolean;
  /** Whether the server ended the handshake with an alert. */
  isAlert: boolean;
  mechanisms: string[] | undefined;
}

/** Sends both requests, the second after the first response, and closes the connection. */
function probe(
  socket: net.Socket,
  ready: "connect" | "secureConnect",
  timeoutMs: number,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const result: ProbeResult = { isConnected: false, isKafka: false, isAlert: false, mechanisms: undefined };
    let received = Buffer.alloc(0);
    const end = () => {
      clearTimeout(timer);
      resolve(result);
      socket.destroy();
    };
    const timer = setTimeout(end, timeoutMs);
    socket.on("close", end);
    socket.on("error", (error) => {
      result.isAlert ||= /ALERT/.test((error as { code?: string }).code ?? "");
      end();
    });
    socket.once(ready, () => {
      result.isConnected = true;
      socket.write(API_VERSIONS);
    });
    socket.on("data", (data: Buffer) => {
      received = Buffer.concat([received, data]);
      // Length and correlation id.
      if (received.length < 8) return;
      const size = received.readInt32BE(0);
      if (received.readInt32BE(4) !== (result.isKafka ? 2 : 1) || size > RESPONSE_BYTES_MAX) return end();
      if (received.length < 4 + size) return;
      if (result.isKafka) {
        result.mechanisms = mechanismsOf(received.subarray(8, 4 + size));
        return end();
      }
      result.isKafka = true;
      received = received.subarray(4 + size);
      socket.write(SASL_HANDSHAKE);
    });
  });
}

/** Decodes the mechanisms of a SaslHandshake response; `undefined` if SASL is not enabled. */
function mechanismsOf(body: Buffer): string[] | undefined {
  if (body.length < 6 || body.readInt16BE(0) === ILLEGAL_SASL_STATE) return undefined;
  const mechanisms: string[] = [];
  for (let at = 6; at + 2 <= body.length && mechanisms.length < body.readInt32BE(2);) {
    const end = at + 2 + body.readInt16BE(at);
    mechanisms.push(body.toString("utf8", at + 2, end));
    at = end;
  }
  return mechanisms;
}
