/**
 * Requests that kafkajs' clients cannot send: before authentication, to find out what a port requires, and after it, to read the account's
 * ACLs. None of them changes the cluster.
 *
 * Connection, framing and SASL are those of kafkajs, so that the doctor authenticates exactly like the services.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type * as net from "node:net";
import type { SASLOptions } from "kafkajs";
import { patchKafkajs } from "../../shared/kafka/kafkajs/patch_kafkajs.ts";
import Connection from "kafkajs/src/network/connection.js";
import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";

/** The used methods of kafkajs' encoder. */
export interface Writer {
  writeInt8(value: number): this;
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeBoolean(value: boolean): this;
  writeString(value: string | null): this;
  writeArray(values: readonly (string | number)[]): this;
}

/** The used methods of kafkajs' decoder. */
export interface Reader {
  readInt16(): number;
  readInt32(): number;
  readBoolean(): boolean;
  readString(): string;
  readArray<T>(read: (reader: Reader) => T): T[];
}

/** A request: https://kafka.apache.org/protocol#protocol_api_keys */
export interface Request<T> {
  readonly name: string;
  readonly key: number;
  readonly version: number;
  readonly write: (writer: Writer) => void;
  readonly read: (reader: Reader) => T;
}

const silent: Record<string, unknown> = { error() {}, warn() {}, info() {}, debug() {} };
silent["namespace"] = () => silent;

/** The error codes that the doctor distinguishes. */
export const ERROR_CODES = {
  none: 0,
  unknownTopic: 3,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  unsupportedSaslMechanism: 33,
  illegalSaslState: 34,
  unsupportedVersion: 35,
} as const;

/** A connection to one broker. */
export class BrokerConnection {
  readonly #connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Creates a connection on a connected socket, on which TLS has been started if it is used.
   *
   * @param sasl options for {@link login}
   */
  static async on(
    socket: net.Socket,
    address: { host: string; port: number },
    timeoutMs: number,
    sasl?: SASLOptions,
  ): Promise<BrokerConnection> {
    patchKafkajs();
    const connection = new Connection({
      ...address,
      clientId: "doctor",
      logger: silent,
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      sasl: sasl ?? null,
      socketFactory: ({ onConnect }: { onConnect: () => void }) => {
        // kafkajs listens only for `end`, but a broker that rejects a client may cause only `close`.
        socket.once("close", () => {
          if (!socket.readableEnded) socket.emit("end");
        });
        queueMicrotask(onConnect);
        return socket;
      },
    });
    // Supported since Kafka 1.0: SaslHandshake 1 and SaslAuthenticate 1.
    connection.setVersions({ 17: { minVersion: 0, maxVersion: 1 }, 36: { minVersion: 0, maxVersion: 1 } });
    connection.setSupportAuthenticationProtocol(true);
    await connection.connect();
    return new BrokerConnection(connection);
  }

  /** Sends a request and returns the response. @throws if the connection breaks or the request times out */
  request<T>({ name, key, version, write, read }: Request<T>): Promise<T> {
    return this.#connection.send({
      request: {
        apiKey: key,
        apiVersion: version,
        apiName: name,
        encode: () => {
          const encoder = new Encoder();
          write(encoder);
          return Promise.resolve(encoder);
        },
      },
      response: {
        decode: (payload: Buffer) => Promise.resolve({ value: read(new Decoder(payload)) }),
        parse: ({ value }: { value: T }) => Promise.resolve(value),
      },
      logResponseError: false,
    });
  }

  /** Authenticates with SASL. @throws if the broker rejects the credentials */
  async login(): Promise<void> {
    await this.#connection.authenticate();
  }

  /** Closes the connection. Never throws. */
  async close(): Promise<void> {
    const { socket } = this.#connection;
    await this.#connection.disconnect().catch(() => {});
    socket?.destroy();
  }
}

/** ApiVersions. Every Kafka port responds to it, even before authentication. */
export const API_VERSIONS_REQUEST: Request<{ error: number }> = {
  name: "ApiVersions",
  key: 18,
  version: 0,
  write: () => {},
  read: (reader) => ({ error: reader.readInt16() }),
};

/** SaslHandshake. A port without SASL responds with `illegalSaslState`. */
export const saslHandshakeRequest = (
  mechanism: string,
): Request<{ error: number; mechanisms: string[] }> => ({
  name: "SaslHandshake",
  key: 17,
  version: 1,
  write: (writer) => {
    writer.writeString(mechanism);
  },
  read: (reader) => ({
    error: reader.readInt16(),
    mechanisms: reader.readArray((each) => each.readString()),
  }),
});

/**
 * Heartbeat of a member that does not exist. The broker checks Read on the group first, so the error code tells whether it is allowed. The
 * request creates no group, disturbs none, and needs no FindCoordinator, which could create a topic.
 */
export const heartbeatRequest = (group: string): Request<{ error: number }> => ({
  name: "Heartbeat",
  key: 12,
  version: 0,
  write: (writer) => {
    writer.writeString(group).writeInt32(-1).writeString("doctor");
  },
  read: (reader) => ({ error: reader.readInt16() }),
});
