import { freePort } from "../../local/servers/mod.ts";
import type { Direction, Proxies, Proxy } from "./proxy.ts";

const DIRECTIONS = ["requests", "responses"] as const;

/** Bytes per read; few on slow connections, so that data arrives evenly. */
const READ_BYTES = 65_536, SLOW_READ_BYTES = 4_096;

/** Faults of one direction. */
interface Flow {
  latencyMs: number;
  bytesPerSecond: number;
  isDiscarded: boolean;
}

const noFaults = (): Flow => ({ latencyMs: 0, bytesPerSecond: Infinity, isDiscarded: false });

/** A client's connection and the connection to the server. */
interface Link {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
  /** Data of it was discarded. */
  lostData: boolean;
}

/** A proxy in this process, listening on loopback. */
export class TcpProxy implements Proxy {
  readonly address: string;
  /** Number of bytes discarded so far. */
  discardedBytes = 0;
  readonly #upstream: { hostname: string; port: number };
  readonly #links = new Set<Link>();
  #flows: Record<Direction, Flow> = { requests: noFaults(), responses: noFaults() };
  #listener: Deno.TcpListener | undefined;
  #accepting = Promise.resolve();

  /**
   * @param upstream `host:port` of the server
   * @param address `host:port` to listen on
   * @throws {Deno.errors.AddrInUse}
   */
  constructor(upstream: string, address = `127.0.0.1:${freePort()}`) {
    this.#upstream = parseAddress(upstream);
    this.address = address;
    this.#listen();
  }

  setLatency(ms: number, direction?: Direction): Promise<void> {
    return this.#change(direction, (flow) => flow.latencyMs = ms);
  }

  setBandwidth(kilobytes: number, direction?: Direction): Promise<void> {
    return this.#change(direction, (flow) => flow.bytesPerSecond = kilobytes * 1_000);
  }

  discard(direction: Direction): Promise<void> {
    return this.#change(direction, (flow) => flow.isDiscarded = true);
  }

  cut(): Promise<void> {
    this.#links.forEach((link) => this.#end(link));
    return Promise.resolve();
  }

  async refuse(): Promise<void> {
    this.#listener?.close();
    this.#listener = undefined;
    await this.#accepting;
    await this.cut();
  }

  restore(): Promise<void> {
    this.#flows = { requests: noFaults(), responses: noFaults() };
    for (const link of this.#links) if (link.lostData) this.#end(link);
    this.#listen();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
  }

  #change(direction: Direction | undefined, change: (flow: Flow) => void): Promise<void> {
    for (const one of direction ? [direction] : DIRECTIONS) change(this.#flows[one]);
    return Promise.resolve();
  }

  #listen(): void {
    if (this.#listener) return;
    const listener = this.#listener = Deno.listen(parseAddress(this.address));
    this.#accepting = this.#accept(listener);
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const client of listener) {
      // Not awaited, so that clients connect concurrently.
      this.#connect(client);
    }
  }

  async #connect(client: Deno.TcpConn): Promise<void> {
    try {
      const server = await Deno.connect(this.#upstream);
      const link = { client, server, lostData: false };
      this.#links.add(link);
      // refuse() was called meanwhile.
      if (!this.#listener) return this.#end(link);
      for (const connection of [client, server]) connection.setNoDelay();
      await Promise.all([
        this.#forward(link, client, server, "requests"),
        this.#forward(link, server, client, "responses"),
      ]).catch(() => {}).finally(() => this.#end(link));
    } catch {
      // The server is unavailable.
      client.close();
    }
  }

  #end(link: Link): void {
    if (!this.#links.delete(link)) return;
    link.client.close();
    link.server.close();
  }

  async #forward(link: Link, from: Deno.TcpConn, to: Deno.TcpConn, direction: Direction): Promise<void> {
    // Sequential writes, each after the latency.
    let writing = Promise.resolve();
    let nextReadAt = 0;
    for (;;) {
      const isSlow = this.#flows[direction].bytesPerSecond < Infinity;
      const buffer = new Uint8Array(isSlow ? SLOW_READ_BYTES : READ_BYTES);
      const size = await from.read(buffer);
      // Limited bandwidth slows down the sender, too: the next read waits for the time that these bytes take.
      nextReadAt = Math.max(nextReadAt, performance.now()) +
        (size ?? 0) / this.#flows[direction].bytesPerSecond * 1_000;
      await pauseUntil(() => nextReadAt);
      const read = performance.now();
      writing = writing.then(async () => {
        // Polled, since restore() may remove the latency meanwhile.
        await pauseUntil(() => this.#links.has(link) ? this.#flows[direction].latencyMs + read : 0);
        if (size === null) return await to.closeWrite();
        if (this.#flows[direction].isDiscarded) {
          link.lostData = true;
          this.discardedBytes += size;
          return;
        }
        for (let sent = 0; sent < size;) sent += await to.write(buffer.subarray(sent, size));
      });
      writing.catch(() => {});
      if (size === null) break;
    }
    await writing;
  }
}

/** Proxies for services that run as processes. */
export function tcpProxies(): Proxies {
  return {
    kafkaAddress: `127.0.0.1:${freePort()}`,
    open: (upstream, address) => Promise.resolve(new TcpProxy(upstream, address)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function parseAddress(address: string): { hostname: string; port: number } {
  const [hostname, port] = address.split(":");
  return { hostname: hostname!, port: Number(port) };
}

/** Waits until `performance.now()` reaches `time()`, which may change. */
async function pauseUntil(time: () => number): Promise<void> {
  for (let rest; (rest = time() - performance.now()) > 0;) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(rest, 100)));
  }
}
