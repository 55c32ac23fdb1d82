/**
 * A simulated broker.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import apiKeys from "kafkajs/src/protocol/requests/apiKeys.js";
import { TestServer } from "../test_server_fixture.ts";
import type { ApiName } from "./cluster.ts";

// deno-lint-ignore no-explicit-any -- kafkajs' encoder and decoder have no types
type Untyped = any;

/** The body of a response, or what the broker does instead of responding. */
export type Reply = Untyped | "close" | "silence";

/** Handles the requests of one API. `body` follows the header; in compact requests it starts with the header's tagged fields. */
export type Handler = (body: Untyped, version: number) => Reply | Promise<Reply>;

/** Listens on a port of 127.0.0.1, and handles the requests of a connection sequentially. */
export class FakeBroker implements AsyncDisposable {
  /** All requests except ApiVersions. */
  readonly requests: ApiName[] = [];
  #listening: TestServer | undefined;

  private constructor(
    private readonly versions: Partial<Record<ApiName, number>>,
    /** Can be changed while the broker runs. Requests of an API without a handler get no response. */
    readonly handlers: Partial<Record<ApiName, Handler>>,
  ) {}

  /** @param versions the highest supported version of each API */
  static async start(
    versions: Partial<Record<ApiName, number>>,
    handlers: Partial<Record<ApiName, Handler>>,
  ): Promise<FakeBroker> {
    const broker = new FakeBroker(versions, handlers);
    broker.#listening = await TestServer.start(net.createServer((socket) => broker.#serve(socket)));
    return broker;
  }

  get port(): number {
    return this.#listening!.port;
  }

  #serve(socket: net.Socket): void {
    let received: Buffer | undefined;
    let last: Promise<void> = Promise.resolve();
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => {
      received = received ? Buffer.concat([received, data]) : data;
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const end = 4 + received.readInt32BE(0);
        const message = received.subarray(4, end);
        received = received.subarray(end);
        last = last.then(() => this.#respond(socket, message));
      }
    });
  }

  async #respond(socket: net.Socket, message: Buffer): Promise<void> {
    const body = new Decoder(message);
    const key: number = body.readInt16(), version: number = body.readInt16();
    const correlationId: number = body.readInt32();
    body.readString();
    const name = Object.keys(apiKeys).find((name) => apiKeys[name] === key) as ApiName;
    const isVersions = key === apiKeys.ApiVersions;
    if (!isVersions) this.requests.push(name);
    const reply = isVersions
      ? this.#apiVersions()
      : await (this.handlers[name] ?? (() => "silence"))(body, version);
    if (reply === "silence") return;
    if (reply === "close") return void socket.end();
    const response = new Encoder().writeInt32(correlationId).writeEncoder(reply);
    socket.write(new Encoder().writeInt32(response.size()).writeEncoder(response).buffer);
  }

  #apiVersions(): Untyped {
    const versions = Object.entries(this.versions).map(([name, max]) =>
      new Encoder().writeInt16(apiKeys[name]).writeInt16(0).writeInt16(max)
    );
    return new Encoder().writeInt16(0).writeArray(versions).writeInt32(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
  }
}
