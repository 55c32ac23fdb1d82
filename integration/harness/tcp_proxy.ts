import { freePort } from "../../local/servers/mod.ts";
import type { Direction, Proxies, Proxy } from "./proxy.ts";

const DIRECTIONS = ["requests", "answers"] as const;

/** Bytes that are read at a time: few where they are slow, so that they come little by little. */
const CHUNK = { usual: 65_536, slow: 4_096 };

/** What happens to the bytes of one direction. */
interface Flow {
  latencyMs: number;
  bytesPerSecond: number;
  swallowed: boolean;
}

const free = (): Flow => ({ latencyMs: 0, bytesPerSecond: Infinity, swallowed: false });

/** Two connections, of a client and to the server. */
interface Link {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
  /** Bytes of it are missing: it is of no more use. */
  broken: boolean;
}

/** A proxy in this program. It listens on loopback as soon as it is made. */
export class TcpProxy implements Proxy {
  readonly address: string;
  /** Bytes that have vanished so far. */
  swallowed = 0;
  readonly #upstream: { hostname: string; port: number };
  readonly #links = new Set<Link>();
  #flows: Record<Direction, Flow> = { requests: free(), answers: free() };
  #listener: Deno.TcpListener | undefined;
  #accepting = Promise.resolve();

  /**
   * @param upstream `host:port` of the server
   * @param address `host:port` to listen on
   * @throws {Deno.errors.AddrInUse} When something listens there.
   */
  constructor(upstream: string, address = `127.0.0.1:${freePort()}`) {
    this.#upstream = parseAddress(upstream);
    this.address = address;
    this.#listen();
  }

  latency(ms: number, direction?: Direction): Promise<void> {
    return this.#change(direction, (flow) => flow.latencyMs = ms);
  }

  bandwidth(kilobytes: number, direction?: Direction): Promise<void> {
    return this.#change(direction, (flow) => flow.bytesPerSecond = kilobytes * 1_000);
  }

  swallow(direction: Direction): Promise<void> {
    return this.#change(direction, (flow) => flow.swallowed = true);
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
    this.#flows = { requests: free(), answers: free() };
    for (const link of this.#links) if (link.broken) this.#end(link);
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
      // Not awaited: the next client need not wait for this one's connection.
      this.#connect(client);
    }
  }

  async #connect(client: Deno.TcpConn): Promise<void> {
    try {
      const server = await Deno.connect(this.#upstream);
      const link = { client, server, broken: false };
      this.#links.add(link);
      // Refused while it was being made.
      if (!this.#listener) return this.#end(link);
      for (const connection of [client, server]) connection.setNoDelay();
      await Promise.all([
        this.#handOn(link, client, server, "requests"),
        this.#handOn(link, server, client, "answers"),
      ]).catch(() => {}).finally(() => this.#end(link));
    } catch {
      // The server is away, and so is this way to it.
      client.close();
    }
  }

  #end(link: Link): void {
    if (!this.#links.delete(link)) return;
    link.client.close();
    link.server.close();
  }

  async #handOn(link: Link, from: Deno.TcpConn, to: Deno.TcpConn, direction: Direction): Promise<void> {
    // Writes follow on one another; each begins when its bytes are due.
    let writing = Promise.resolve();
    let free = 0;
    for (;;) {
      const slow = this.#flows[direction].bytesPerSecond < Infinity;
      const buffer = new Uint8Array(slow ? CHUNK.slow : CHUNK.usual);
      const size = await from.read(buffer);
      // Whoever sends has to notice that it is slow: no more is read before these bytes have had their time.
      free = Math.max(free, performance.now()) + (size ?? 0) / this.#flows[direction].bytesPerSecond * 1_000;
      await pauseUntil(() => free);
      const read = performance.now();
      writing = writing.then(async () => {
        // Looked at again and again, since a latency may be taken back meanwhile.
        await pauseUntil(() => this.#links.has(link) ? this.#flows[direction].latencyMs + read : 0);
        if (size === null) return await to.closeWrite();
        if (this.#flows[direction].swallowed) {
          link.broken = true;
          this.swallowed += size;
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

/** Proxies for services that are programs of this machine. */
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

/** Waits until `performance.now()` is what `time` says, which is asked every now and then. */
async function pauseUntil(time: () => number): Promise<void> {
  for (let rest; (rest = time() - performance.now()) > 0;) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(rest, 100)));
  }
}
