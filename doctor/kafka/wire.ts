/**
 * Single requests to a broker that kafkajs' own clients don't make: before the login, to find out what a port wants, and after
 * it, to ask for the account's rights. None of them changes anything on the cluster.
 *
 * The connection, framing and SASL are kafkajs' own, so that the doctor logs in exactly as the services do.
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

/** What a request's body is written with; the part of kafkajs' encoder that is needed here. */
export interface Writer {
  writeInt8(value: number): this;
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeBoolean(value: boolean): this;
  writeString(value: string | null): this;
  writeArray(values: readonly (string | number)[]): this;
}

/** What an answer is read with; the part of kafkajs' decoder that is needed here. */
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

/** Error codes of the protocol that are told apart here. */
export const CODES = {
  none: 0,
  unknownTopic: 3,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  unsupportedSaslMechanism: 33,
  illegalSaslState: 34,
  unsupportedVersion: 35,
} as const;

/** A connection to one broker. */
export class KafkaWire {
  readonly #connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Speaks Kafka on a socket that is connected, TLS included.
   *
   * @param sasl with which {@link login} logs in
   */
  static async on(
    socket: net.Socket,
    address: { host: string; port: number },
    timeoutMs: number,
    sasl?: SASLOptions,
  ): Promise<KafkaWire> {
    patchKafkajs();
    const connection = new Connection({
      ...address,
      clientId: "doctor",
      logger: silent,
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      sasl: sasl ?? null,
      socketFactory: ({ onConnect }: { onConnect: () => void }) => {
        // kafkajs waits for `end` only, and a broker that refuses a client may leave just a `close`.
        socket.once("close", () => {
          if (!socket.readableEnded) socket.emit("end");
        });
        queueMicrotask(onConnect);
        return socket;
      },
    });
    // What every broker since Kafka 1.0 can: SaslHandshake 1 and SaslAuthenticate 1.
    connection.setVersions({ 17: { minVersion: 0, maxVersion: 1 }, 36: { minVersion: 0, maxVersion: 1 } });
    connection.setSupportAuthenticationProtocol(true);
    await connection.connect();
    return new KafkaWire(connection);
  }

  /** Sends a request and gives its answer. @throws where the connection breaks or no answer comes in time */
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

  /** Logs in. @throws where the broker refuses */
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

/** Asks a broker what it can; answered by every port that speaks Kafka, also before a login. */
export const API_VERSIONS: Request<{ error: number }> = {
  name: "ApiVersions",
  key: 18,
  version: 0,
  write: () => {},
  read: (reader) => ({ error: reader.readInt16() }),
};

/** Proposes a SASL mechanism; a port that wants no SASL answers that too, with `illegalSaslState`. */
export const saslHandshake = (mechanism: string): Request<{ error: number; mechanisms: string[] }> => ({
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
 * A heartbeat of a member that does not exist. The broker checks the right to read in the group before anything else, so its
 * error says whether there is one; no group is made or disturbed, and no coordinator looked for (which could create a topic).
 */
export const strayHeartbeat = (group: string): Request<{ error: number }> => ({
  name: "Heartbeat",
  key: 12,
  version: 0,
  write: (writer) => {
    writer.writeString(group).writeInt32(-1).writeString("doctor");
  },
  read: (reader) => ({ error: reader.readInt16() }),
});
