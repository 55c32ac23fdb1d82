/**
 * Servers for tests that imitate brokers and databases up to authentication. `integration/doctor/doctor_test.ts` tests the same against real
 * servers.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import { TestServer } from "../shared/test_server_fixture.ts";
import { message } from "../shared/postgres/message_fixture.ts";
import type { Pair } from "./settings/certificates_fixture.ts";

/** Properties of a broker's port. */
export interface BrokerPort {
  /** Certificate for TLS; without it, the port is plaintext. */
  readonly certificate?: Pair;
  /** CA of the required client certificates. */
  readonly clientAuthority?: Pair;
  /** SASL mechanisms; without them, the port does not use SASL. */
  readonly mechanisms?: readonly string[];
  /** Error message of SaslAuthenticate; without it, the broker closes the connection. */
  readonly loginError?: string;
  /** Delay of each response, milliseconds. */
  readonly delayMs?: number;
  /** Error code of Heartbeat. */
  readonly heartbeat?: number;
  /** Response body of Metadata, without the correlation id. */
  readonly metadata?: Uint8Array;
}

const read = (path: string) => Deno.readTextFileSync(path);

const tlsOptions = ({ certificate, key }: Pair): tls.TlsOptions => ({
  cert: read(certificate),
  key: read(key),
});

/** Starts a server that responds to the Kafka requests of the doctor. */
export function startBroker(port: BrokerPort = {}): Promise<TestServer> {
  const serve = (socket: net.Socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const frame = Buffer.from(data);
      const answer = frame.length < 12 || frame.readInt32BE(0) !== frame.length - 4
        ? undefined
        : answerTo(frame.readInt16BE(4), port);
      // Brokers close the connection on invalid requests, such as a TLS handshake.
      if (answer === undefined) return void socket.destroy();
      const head = Buffer.alloc(8);
      head.writeInt32BE(answer.length + 4, 0);
      head.writeInt32BE(frame.readInt32BE(8), 4);
      setTimeout(() => socket.destroyed || socket.write(Buffer.concat([head, answer])), port.delayMs ?? 0);
    });
  };
  if (!port.certificate) return TestServer.start(net.createServer(serve));
  const client = port.clientAuthority
    ? { requestCert: true, rejectUnauthorized: true, ca: read(port.clientAuthority.certificate) }
    : {};
  const server = tls.createServer({ ...tlsOptions(port.certificate), ...client }, serve);
  server.on("tlsClientError", () => {});
  return TestServer.start(server);
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

/** Primitive types of Kafka's protocol. */
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

/** Starts a server that responds to PostgreSQL's SSLRequest, with TLS if a certificate is given. */
export const startDatabase = (certificate?: Pair): Promise<TestServer> =>
  TestServer.start(net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(certificate ? "S" : "N");
      if (!certificate) return;
      const secure = new tls.TLSSocket(socket, { isServer: true, ...tlsOptions(certificate) });
      secure.on("error", () => {});
    });
  }));

/** Starts a server that rejects each PostgreSQL client with an error. */
export const startRefusal = (code: string, text: string): Promise<TestServer> =>
  TestServer.start(net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(message("E", `SFATAL\0C${code}\0M${text}\0\0`)));
  }));

/** Starts a server that accepts connections and never responds. */
export const startSilence = (): Promise<TestServer> =>
  TestServer.start(net.createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
  }));
