/**
 * A proxy between a service and a server, for faults of the network: a link that is slow, cut, or swallows bytes.
 *
 * A scenario asks for one, and gives its settings to the services that are to go through it:
 *
 * ```ts
 * const { proxy, settings } = await s.proxied("kafka"); // or "postgres"
 * const consumer = await s.consumer(settings);
 * await proxy.latency(100);
 * await proxy.swallow("answers");
 * await proxy.cut();
 * await proxy.restore();
 * ```
 *
 * It ends with the scenario. Where services are programs of this machine it is {@link TcpProxy}, where they are containers
 * Toxiproxy; both do the same.
 *
 * @module
 */
import type { ServiceSettings } from "./service.ts";

/** Which way bytes go: `requests` to the server, `answers` from it. */
export type Direction = "requests" | "answers";

/** A proxy. What it is told holds for the connections that there are as well as for new ones, until {@link restore}. */
export interface Proxy extends AsyncDisposable {
  /** `host:port` that services find it at. */
  readonly address: string;
  /** Hands bytes on so many milliseconds later, in one direction or, when none is given, in both. */
  latency(ms: number, direction?: Direction): Promise<void>;
  /** Hands on at most so many kilobytes a second and connection, in one direction or, when none is given, in both. */
  bandwidth(kilobytes: number, direction?: Direction): Promise<void>;
  /** Lets the bytes of one direction vanish; the connections stay. Those that were swallowed from are cut by {@link restore}. */
  swallow(direction: Direction): Promise<void>;
  /** Ends all connections that there are, without a word; what is under way is lost. New ones are let in. */
  cut(): Promise<void>;
  /** As {@link cut}, and no new connection is let in. */
  refuse(): Promise<void>;
  /** Hands everything on as if it were not there. */
  restore(): Promise<void>;
}

/** A server behind a proxy. */
export interface OpenedProxy {
  readonly proxy: Proxy;
  /** What leads a service through it. */
  readonly settings: ServiceSettings;
}

/** Makes proxies that the services of a world can reach. */
export interface Proxies extends AsyncDisposable {
  /** `host:port` of the proxy to Kafka: brokers tell it to clients, so that it has to be known before there is one. */
  readonly kafkaAddress: string;
  /**
   * Opens one.
   *
   * @param upstream `host:port` of the server, as the proxy finds it
   * @param address where it is to listen; anywhere when not given
   */
  open(upstream: string, address?: string): Promise<Proxy>;
}
