/**
 * What a port wants of its clients, found out by asking: Kafka itself says nothing to a client that speaks otherwise, it closes the
 * connection.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import type { Address } from "./address.ts";

/** What a port wants of its clients. */
export interface Port {
  readonly tls: boolean;
  /** Whether it closes connections without a client certificate. */
  readonly clientCertificate: boolean;
  /** SASL mechanisms that it offers; `undefined`: it wants no SASL, or it did not answer that. */
  readonly mechanisms: readonly string[] | undefined;
}

const PROBE_TIMEOUT_MS = 3_000;
/** ApiVersions, version 0, correlation id 1, no client id, behind its length. Every broker answers it before anything else. */
const API_VERSIONS = Buffer.from("0000000a" + "0012" + "0000" + "00000001" + "ffff", "hex");
/** SaslHandshake, version 1, correlation id 2, no client id, with a mechanism. The response has all mechanisms. */
const SASL_HANDSHAKE = Buffer.concat([
  Buffer.from("00000019" + "0011" + "0001" + "00000002" + "ffff" + "000d", "hex"),
  Buffer.from("SCRAM-SHA-256"),
]);
const ILLEGAL_SASL_STATE = 34;
/** Longer responses are not Kafka's. */
const RESPONSE_BYTES_MAX = 65_536;

/** Finds out what a port wants; `undefined`: it does not speak Kafka, with or without TLS, or is not there. */
export async function explorePort(
  { host, port }: Address,
  timeoutMs: number = PROBE_TIMEOUT_MS,
): Promise<Port | undefined> {
  // No record is sent over it, so that the identity of the server does not matter.
  const options = { host, port, rejectUnauthorized: false, ...!net.isIP(host) && { servername: host } };
  const [plain, secure] = await Promise.all([
    ask(net.connect({ host, port }), "connect", timeoutMs),
    ask(tls.connect(options), "secureConnect", timeoutMs),
  ]);
  if (plain.isKafka) return { tls: false, clientCertificate: false, mechanisms: plain.mechanisms };
  // With TLS 1.2 the server misses the certificate during the handshake, with TLS 1.3 after it.
  const clientCertificate = secure.isAlert || secure.isConnected && !secure.isKafka;
  return secure.isKafka || clientCertificate
    ? { tls: true, clientCertificate, mechanisms: secure.mechanisms }
    : undefined;
}

interface Answers {
  isConnected: boolean;
  isKafka: boolean;
  /** Whether the server ended the handshake with an alert. */
  isAlert: boolean;
  mechanisms: string[] | undefined;
}

/** Sends the two requests, one after the other, as far as the server answers, and closes the connection. */
function ask(socket: net.Socket, ready: "connect" | "secureConnect", timeoutMs: number): Promise<Answers> {
  return new Promise((resolve) => {
    const answers: Answers = { isConnected: false, isKafka: false, isAlert: false, mechanisms: undefined };
    let received = Buffer.alloc(0);
    const end = () => {
      clearTimeout(timer);
      resolve(answers);
      socket.destroy();
    };
    const timer = setTimeout(end, timeoutMs);
    socket.on("close", end);
    socket.on("error", (error) => {
      answers.isAlert ||= /ALERT/.test((error as { code?: string }).code ?? "");
      end();
    });
    socket.once(ready, () => {
      answers.isConnected = true;
      socket.write(API_VERSIONS);
    });
    socket.on("data", (data: Buffer) => {
      received = Buffer.concat([received, data]);
      // Length, then the correlation id of the request.
      if (received.length < 8) return;
      const size = received.readInt32BE(0);
      if (received.readInt32BE(4) !== (answers.isKafka ? 2 : 1) || size > RESPONSE_BYTES_MAX) return end();
      if (received.length < 4 + size) return;
      if (answers.isKafka) {
        answers.mechanisms = mechanismsOf(received.subarray(8, 4 + size));
        return end();
      }
      answers.isKafka = true;
      received = received.subarray(4 + size);
      socket.write(SASL_HANDSHAKE);
    });
  });
}

/** The mechanisms in a response to SaslHandshake; `undefined`: the port wants no SASL. */
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
