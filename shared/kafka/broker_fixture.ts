/**
 * A broker for tests that answers as the test says.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import apiKeys from "kafkajs/src/protocol/requests/apiKeys.js";
import { Listening } from "../listening_fixture.ts";
import type { ApiName } from "./cluster.ts";

// deno-lint-ignore no-explicit-any -- kafkajs' encoder and decoder have no types
type Untyped = any;

/** What a broker does with a request: its response's body, or one of the ways in which it gives none. */
export type Reply = Untyped | "close" | "silence";

/** Answers requests of one API. `body` is behind the header; of compact requests it begins with the header's tagged fields. */
export type Handler = (body: Untyped, version: number) => Reply | Promise<Reply>;

/** A broker at a port of 127.0.0.1. It answers the requests of a connection one after the other. */
export class FakeBroker implements AsyncDisposable {
  /** All requests so far, but for ApiVersions. */
  readonly requests: ApiName[] = [];
  #listening: Listening | undefined;

  private constructor(
    private readonly versions: Partial<Record<ApiName, number>>,
    /** May be changed while the broker runs. An API without one is not answered. */
    readonly handlers: Partial<Record<ApiName, Handler>>,
  ) {}

  /** @param versions the highest version of each API */
  static async start(
    versions: Partial<Record<ApiName, number>>,
    handlers: Partial<Record<ApiName, Handler>>,
  ): Promise<FakeBroker> {
    const broker = new FakeBroker(versions, handlers);
    broker.#listening = await Listening.start(net.createServer((socket) => broker.#serve(socket)));
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
        last = last.then(() => this.#answer(socket, message));
      }
    });
  }

  async #answer(socket: net.Socket, message: Buffer): Promise<void> {
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
