/**
 * Connections to the brokers of a Kafka cluster, by node id.
 *
 * kafkajs' Cluster requests the metadata of all topics at once, and fails if one partition of any topic has no leader. This class uses
 * kafkajs' Broker (connections, TLS, SASL, API versions, protocol); `metadata.ts` reads the metadata.
 *
 * Depends on kafkajs 2.2.4 internals.
 *
 * @see kafkajs/src/cluster/brokerPool.js, kafkajs/src/broker/index.js
 * @module
 */
import type { logCreator } from "kafkajs";
import KafkajsBroker from "kafkajs/src/broker/index.js";
import connectionPoolBuilder from "kafkajs/src/cluster/connectionPoolBuilder.js";
import { KafkaJSBrokerNotFound, KafkaJSConnectionClosedError } from "kafkajs/src/errors.js";
import { createLogger } from "kafkajs/src/loggers/index.js";
import apiKeys from "kafkajs/src/protocol/requests/apiKeys.js";
import { requests } from "kafkajs/src/protocol/requests/index.js";
import { type Address, addressOf } from "./address.ts";
import { kafkaConfig, type KafkaSettings } from "./client.ts";
import { patchKafkajs } from "./kafkajs/patch_kafkajs.ts";

/** A request for kafkajs' connections. */
export interface ProtocolRequest {
  readonly request: unknown;
  // deno-lint-ignore no-explicit-any -- kafkajs' protocol has no types
  readonly response: { decode(payload: any): Promise<any>; parse(data: any): Promise<any> };
  /** In ms; ignored if less than KAFKA_REQUEST_TIMEOUT_MS. */
  readonly requestTimeout?: number;
}

/** kafkajs' names of the Kafka APIs that are used. */
export type ApiName =
  | "CreateTopics"
  | "DescribeGroups"
  | "Fetch"
  | "GroupCoordinator"
  | "Heartbeat"
  | "InitProducerId"
  | "JoinGroup"
  | "LeaveGroup"
  | "ListOffsets"
  | "Metadata"
  | "OffsetCommit"
  | "Produce"
  | "SyncGroup";

/** The parts of kafkajs' Connection that are used here. */
interface Connection {
  readonly socket?: { destroy(error?: Error): void };
  isConnected(): boolean;
  rejectRequests(error: Error): void;
  disconnect(): Promise<unknown>;
}

/** A broker with two connections: Fetch has its own, so that it does not block other requests. */
export class KafkaBroker {
  constructor(
    readonly address: Address,
    // deno-lint-ignore no-explicit-any -- kafkajs' Broker has no types
    private readonly broker: any,
  ) {}

  get isConnected(): boolean {
    return this.broker.isConnected();
  }

  /** Connects and authenticates unless connected. @throws {KafkaJSError} */
  async connect(): Promise<void> {
    if (!this.isConnected) await this.broker.connect();
  }

  /** The highest version of an API that the broker supports; `undefined` if none. Requires a connection. */
  maxVersion(api: ApiName): number | undefined {
    return this.broker.versions?.[apiKeys[api]]?.maxVersion;
  }

  /** kafkajs' request and response of an API, in the highest version that kafkajs and the broker support. */
  protocol(api: ApiName, fields: Record<string, unknown>): ProtocolRequest {
    return this.broker.lookupRequest(apiKeys[api], requests[api])(fields);
  }

  /**
   * Sends a request and returns what `response.parse` returns. A broker processes the requests of a connection sequentially.
   *
   * @throws {KafkaJSError} on a connection error, a timeout, or an error code that `response.parse` does not accept
   */
  async send<T>(request: ProtocolRequest): Promise<T> {
    await this.connect();
    return await this.broker.connectionPool.send(request);
  }

  /** Sends a request as {@link protocol} creates it. */
  async request<T>(api: ApiName, fields: Record<string, unknown>): Promise<T> {
    await this.connect();
    return await this.send<T>(this.protocol(api, fields));
  }

  /** Closes the connections immediately and rejects the requests in flight. Never throws. */
  close(): void {
    const { host, port } = this.address;
    const error = new KafkaJSConnectionClosedError("Closed connection", { host, port });
    for (const connection of this.broker.connectionPool.pool as Connection[]) {
      const wasConnected = connection.isConnected();
      connection.rejectRequests(error);
      connection.disconnect().catch(() => {});
      // The error rejects kafkajs' pending connect().
      connection.socket?.destroy(wasConnected ? undefined : error);
    }
  }
}

/** Connects to brokers on demand. */
export class KafkaCluster implements Disposable {
  readonly #builder;
  readonly #logger;
  readonly #bootstrap: readonly Address[];
  readonly #connectionTimeout: number;
  readonly #byNode = new Map<number, KafkaBroker>();
  #seed: KafkaBroker | undefined;
  #nextSeed = 0;
  #connecting: Promise<KafkaBroker> | undefined;
  #isClosed = false;

  constructor(settings: KafkaSettings, clientId: string, log: logCreator) {
    patchKafkajs();
    const config = kafkaConfig(settings, clientId, log);
    this.#bootstrap = settings.KAFKA_BOOTSTRAP_SERVERS.map(addressOf);
    this.#logger = createLogger({ logCreator: log });
    this.#connectionTimeout = settings.KAFKA_CONNECTION_TIMEOUT_MS;
    this.#builder = connectionPoolBuilder({ ...config, logger: this.#logger, enforceRequestTimeout: true });
  }

  /**
   * Returns any broker, connected.
   *
   * @throws {KafkaJSError} the last error, if no known broker and no bootstrap server accepts a connection
   */
  async any(): Promise<KafkaBroker> {
    // Concurrent callers share one: a second seed would close the first, which is in use.
    this.#connecting ??= this.#connectAny().finally(() => this.#connecting = undefined);
    return await this.#connecting;
  }

  async #connectAny(): Promise<KafkaBroker> {
    const known = [...this.#byNode.values(), ...this.#seed ? [this.#seed] : []];
    const connected = known.find(({ isConnected }) => isConnected);
    if (connected) return connected;
    let failure: unknown;
    for (const broker of known) {
      try {
        await broker.connect();
        return broker;
      } catch (error) {
        failure = error;
        this.drop(broker);
      }
    }
    for (let tries = 0; tries < this.#bootstrap.length; tries++) {
      const seed = await this.#create(this.#bootstrap[this.#nextSeed++ % this.#bootstrap.length]!);
      try {
        await seed.connect();
        this.#seed?.close();
        this.#seed = seed;
        return seed;
      } catch (error) {
        failure = error;
        seed.close();
      }
    }
    throw failure;
  }

  /**
   * Returns the broker with a node id, connected.
   *
   * @throws {KafkaJSBrokerNotFound} if the id is unknown
   * @throws {KafkaJSError} if the connection fails
   */
  async node(id: number): Promise<KafkaBroker> {
    const broker = this.#byNode.get(id);
    if (!broker) throw new KafkaJSBrokerNotFound(`Broker ${id} is not in the cluster's metadata`);
    await broker.connect();
    return broker;
  }

  /** Updates the brokers' addresses. A broker with a changed address gets new connections. */
  async update(brokers: readonly (Address & { readonly nodeId: number })[]): Promise<void> {
    for (const { nodeId, host, port } of brokers) {
      const known = this.#byNode.get(nodeId);
      if (known && isSame(known.address, { host, port })) continue;
      known?.close();
      const seed = this.#seed && isSame(this.#seed.address, { host, port }) ? this.#seed : undefined;
      const broker = seed ?? await this.#create({ host, port });
      if (seed) this.#seed = undefined;
      this.#byNode.set(nodeId, broker);
    }
  }

  /** Closes a broker's connections. The next request opens new ones and reads the API versions again. */
  drop(broker: KafkaBroker): void {
    broker.close();
    if (this.#seed === broker) this.#seed = undefined;
    for (const [nodeId, known] of this.#byNode) if (known === broker) this.#byNode.delete(nodeId);
  }

  async #create(address: Address): Promise<KafkaBroker> {
    if (this.#isClosed) throw new KafkaJSConnectionClosedError("The client is closed", address);
    const connectionPool = await this.#builder.build(address);
    return new KafkaBroker(
      address,
      new KafkajsBroker({
        connectionPool,
        logger: this.#logger,
        authenticationTimeout: this.#connectionTimeout,
        allowAutoTopicCreation: false,
      }),
    );
  }

  /** Closes all connections immediately. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const broker of [...this.#byNode.values(), ...this.#seed ? [this.#seed] : []]) broker.close();
    this.#byNode.clear();
    this.#seed = undefined;
  }
}

const isSame = (a: Address, b: Address) => a.host === b.host && a.port === b.port;
