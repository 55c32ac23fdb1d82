import { type CreatedProxy, ToxiProxyContainer } from "@testcontainers/toxiproxy";
import type { StartedNetwork } from "testcontainers";
import type { Direction, Proxies, Proxy } from "./proxy.ts";
import { uniqueName } from "./random.ts";

const IMAGE = "ghcr.io/shopify/toxiproxy:2.12.0";

/** Host name in the Docker network. */
const HOST = "toxiproxy";

/** Port of the proxy to Kafka; other proxies use the next ports. */
const FIRST_PORT = 8666;

/** Toxiproxy's names of the directions. */
const STREAMS = { requests: "upstream", responses: "downstream" } as const;

/** Proxies for services in containers. Toxiproxy is started in their network when the first proxy is opened. */
export function toxiproxies(network: StartedNetwork): Proxies {
  let starting: ReturnType<typeof start> | undefined;
  let port = FIRST_PORT;
  return {
    kafkaAddress: `${HOST}:${FIRST_PORT}`,
    async open(upstream, address = `${HOST}:${++port}`) {
      const { client } = await (starting ??= start(network));
      const proxy = await client.createProxy({
        name: uniqueName("proxy"),
        listen: `0.0.0.0:${address.split(":")[1]}`,
        upstream,
        enabled: true,
      });
      return new ToxiproxyProxy(address, proxy);
    },
    async [Symbol.asyncDispose]() {
      await (await starting)?.stop();
    },
  };
}

function start(network: StartedNetwork) {
  return new ToxiProxyContainer(IMAGE).withNetwork(network).withNetworkAliases(HOST).start();
}

type Instance = CreatedProxy["instance"];

/** A proxy of a Toxiproxy. */
class ToxiproxyProxy implements Proxy {
  readonly #proxy: Instance;
  /** Active toxics by name. */
  readonly #toxics = new Map<string, Awaited<ReturnType<Instance["addToxic"]>>>();

  constructor(readonly address: string, proxy: Instance) {
    this.#proxy = proxy;
  }

  async setLatency(ms: number, direction?: Direction): Promise<void> {
    await this.#toxic("latency", { latency: ms, jitter: 0 }, direction);
  }

  async setBandwidth(kilobytes: number, direction?: Direction): Promise<void> {
    await this.#toxic("bandwidth", { rate: kilobytes }, direction);
  }

  async discard(direction: Direction): Promise<void> {
    // 0: forever. Toxiproxy closes the affected connections when the toxic is removed.
    await this.#toxic("timeout", { timeout: 0 }, direction);
  }

  async cut(): Promise<void> {
    await this.#enable(false);
    await this.#enable(true);
  }

  async refuse(): Promise<void> {
    await this.#enable(false);
  }

  async restore(): Promise<void> {
    for (const name of this.#toxics.keys()) await this.#remove(name);
    await this.#enable(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy.remove();
  }

  async #enable(enabled: boolean): Promise<void> {
    const { listen, upstream } = this.#proxy;
    await this.#proxy.update({ enabled, listen, upstream });
  }

  async #toxic(
    type: "latency" | "bandwidth" | "timeout",
    attributes: object,
    direction?: Direction,
  ): Promise<void> {
    for (const [one, stream] of Object.entries(STREAMS)) {
      if (direction !== undefined && one !== direction) continue;
      const name = `${type}-${one}`;
      await this.#remove(name);
      this.#toxics.set(name, await this.#proxy.addToxic({ name, type, stream, toxicity: 1, attributes }));
    }
  }

  async #remove(name: string): Promise<void> {
    await this.#toxics.get(name)?.remove();
    this.#toxics.delete(name);
  }
}
