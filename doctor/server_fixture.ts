/**
 * Ports for tests that behave before a login as brokers and databases do. What they answer is held against real servers in
 * `integration/doctor/doctor_test.ts`.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import { Listening } from "../shared/listening_fixture.ts";
import { message } from "../shared/postgres/message_fixture.ts";
import type { Pair } from "./settings/certificates_fixture.ts";

/** What a port of a broker is like. */
export interface BrokerPort {
  /** TLS, with this certificate. */
  readonly certificate?: Pair;
  /** The CA whose client certificates it insists on. */
  readonly clientAuthority?: Pair;
  /** SASL mechanisms; without, it wants no SASL. */
  readonly mechanisms?: readonly string[];
  /** The broker's own words when it refuses a login; without, it closes the connection. */
  readonly loginError?: string;
  /** How long it takes to answer, milliseconds. */
  readonly delayMs?: number;
  /** Error of a heartbeat. */
  readonly heartbeat?: number;
  /** Answers to Metadata: the body, without the correlation id. */
  readonly metadata?: Uint8Array;
}

const read = (path: string) => Deno.readTextFileSync(path);

const tlsOptions = ({ certificate, key }: Pair): tls.TlsOptions => ({
  cert: read(certificate),
  key: read(key),
});

/** Starts a port that speaks as much of Kafka's protocol as comes before the login. */
export function startBroker(port: BrokerPort = {}): Promise<Listening> {
  const serve = (socket: net.Socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const frame = Buffer.from(data);
      const answer = frame.length < 12 || frame.readInt32BE(0) !== frame.length - 4
        ? undefined
        : answerTo(frame.readInt16BE(4), port);
      // As a broker does with what is no request, such as a TLS handshake.
      if (answer === undefined) return void socket.destroy();
      const head = Buffer.alloc(8);
      head.writeInt32BE(answer.length + 4, 0);
      head.writeInt32BE(frame.readInt32BE(8), 4);
      setTimeout(() => socket.destroyed || socket.write(Buffer.concat([head, answer])), port.delayMs ?? 0);
    });
  };
  if (!port.certificate) return Listening.start(net.createServer(serve));
  const client = port.clientAuthority
    ? { requestCert: true, rejectUnauthorized: true, ca: read(port.clientAuthority.certificate) }
    : {};
  const server = tls.createServer({ ...tlsOptions(port.certificate), ...client }, serve);
  server.on("tlsClientError", () => {});
  return Listening.start(server);
}

const SASL_AUTHENTICATION_FAILED = 58;

function answerTo(
  key: number,
  { mechanisms, heartbeat, loginError, metadata }: BrokerPort,
): Uint8Array | undefined {
  switch (key) {
    case 3:
      return metadata;
    case 12:
      return int16(heartbeat ?? 0);
    case 17:
      return mechanisms
        ? Buffer.concat([int16(0), int32(mechanisms.length), ...mechanisms.map(string)])
        : Buffer.concat([int16(34), int32(0)]);
    case 18:
      // SaslHandshake and SaslAuthenticate in versions 0 and 1, and the throttle time of later versions.
      return Buffer.concat([int16(0), int32(2), ...[17, 0, 1, 36, 0, 1].map(int16), int32(0)]);
    case 36:
      return loginError === undefined ? undefined : Buffer.concat([
        int16(SASL_AUTHENTICATION_FAILED),
        string(loginError),
        int32(0),
        int32(0),
        int32(0),
      ]);
    default:
      return undefined;
  }
}

/** Pieces of Kafka's protocol. */
export function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

export function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

export const string = (text: string): Buffer => Buffer.concat([int16(text.length), Buffer.from(text)]);

/** A port that answers an SSLRequest of PostgreSQL: with TLS, or that it has none. */
export const startDatabase = (certificate?: Pair): Promise<Listening> =>
  Listening.start(net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(certificate ? "S" : "N");
      if (!certificate) return;
      const secure = new tls.TLSSocket(socket, { isServer: true, ...tlsOptions(certificate) });
      secure.on("error", () => {});
    });
  }));

/** A port that refuses each client of PostgreSQL with an error. */
export const startRefusal = (code: string, text: string): Promise<Listening> =>
  Listening.start(net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(message("E", `SFATAL\0C${code}\0M${text}\0\0`)));
  }));

/** A port that takes connections and says nothing. */
export const startSilence = (): Promise<Listening> =>
  Listening.start(net.createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
  }));
