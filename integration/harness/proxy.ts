/**
 * A proxy between a service and a server for network faults: connections that are slow, cut, or lose data.
 *
 * Services connect through the proxy if they have its settings:
 *
 * ```ts
 * const { proxy, settings } = await s.openProxy("kafka"); // or "postgres"
 * const consumer = await s.startConsumer(settings);
 * await proxy.setLatency(100);
 * await proxy.discard("responses");
 * await proxy.cut();
 * await proxy.restore();
 * ```
 *
 * The proxy is a {@link TcpProxy} for processes and Toxiproxy for containers; both behave the same.
 *
 * @module
 */
import type { ServiceSettings } from "./service.ts";

/** Direction of data: `requests` to the server, `responses` from it. */
export type Direction = "requests" | "responses";

/** A proxy. Its settings apply to existing and new connections until {@link restore}. */
export interface Proxy extends AsyncDisposable {
  /** `host:port` for services. */
  readonly address: string;
  /** Delays data, in one direction or both. */
  setLatency(ms: number, direction?: Direction): Promise<void>;
  /** Limits the bandwidth of each connection, in one direction or both. */
  setBandwidth(kilobytesPerSecond: number, direction?: Direction): Promise<void>;
  /** Discards the data of one direction without closing connections. {@link restore} closes those that lost data. */
  discard(direction: Direction): Promise<void>;
  /** Closes all connections; data in transit is lost. New connections are accepted. */
  cut(): Promise<void>;
  /** Closes all connections and refuses new ones. */
  refuse(): Promise<void>;
  /** Ends all faults. */
  restore(): Promise<void>;
}

/** A server behind a proxy. */
export interface OpenedProxy {
  readonly proxy: Proxy;
  /** Settings of services that connect through the proxy. */
  readonly settings: ServiceSettings;
}

/** Opens proxies that services can reach. */
export interface Proxies extends AsyncDisposable {
  /** `host:port` of the proxy to Kafka. Fixed, because the broker advertises it to clients from its start. */
  readonly kafkaAddress: string;
  /**
   * @param upstream `host:port` of the server, as seen by the proxy
   * @param address `host:port` to listen on; any by default
   */
  open(upstream: string, address?: string): Promise<Proxy>;
}
