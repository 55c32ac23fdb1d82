import { newClusterId } from "./kafka_properties.ts";
import { freePorts } from "./free_port.ts";
import type { ClusterNode } from "./kafka_properties.ts";
import { resolveServerKind } from "./server_kind.ts";
import type { KafkaOptions, KafkaServer, ServerKind, ToolOptions, ToolResult } from "./types.ts";

/** A cluster of brokers. Operations apply to all of them. */
export class KafkaCluster implements KafkaServer {
  readonly bootstrapServers: string;
  declare readonly networkBootstrapServers?: string;

  private constructor(
    readonly kind: ServerKind,
    /** The brokers by id, from 1. */
    readonly brokers: ReadonlyMap<number, KafkaServer>,
    private readonly stack: AsyncDisposableStack,
  ) {
    const all = [...brokers.values()];
    this.bootstrapServers = all.map((broker) => broker.bootstrapServers).join(",");
    const network = all.flatMap((broker) => broker.networkBootstrapServers ?? []);
    if (network.length > 0) this.networkBootstrapServers = network.join(",");
  }

  /** See `startKafkaCluster`. */
  static async start(size: number, options: KafkaOptions): Promise<KafkaCluster> {
    const kind = await resolveServerKind(options.kind);
    await using stack = new AsyncDisposableStack();
    const starting = await (kind === "container" ? inContainers : asProcesses)(size, options, stack);
    // Concurrently: no broker is ready before a majority has started.
    const started = await Promise.allSettled(starting.map((start) => start()));
    const brokers = new Map<number, KafkaServer>();
    for (const [index, result] of started.entries()) {
      if (result.status === "fulfilled") brokers.set(index + 1, stack.use(result.value));
    }
    for (const result of started) if (result.status === "rejected") throw result.reason;
    return new KafkaCluster(kind, brokers, stack.move());
  }

  async start(): Promise<void> {
    await this.#all((broker) => broker.start());
  }

  async stop(): Promise<void> {
    await this.#all((broker) => broker.stop());
  }

  async kill(): Promise<void> {
    await this.#all((broker) => broker.kill());
  }

  async running(): Promise<boolean> {
    return (await this.#all((broker) => broker.running())).every(Boolean);
  }

  logs(): string {
    return [...this.brokers].map(([id, broker]) => `Broker ${id}:\n${broker.logs()}`).join("\n\n");
  }

  /** Runs the tool against a running broker. */
  async tool(name: string, args: string[], options?: ToolOptions): Promise<ToolResult> {
    for (const broker of this.brokers.values()) {
      if (await broker.running()) return await broker.tool(name, args, options);
    }
    throw new Error(`Cannot run ${name}: no broker is running.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }

  #all<T>(use: (broker: KafkaServer) => Promise<T>): Promise<T[]> {
    return Promise.all([...this.brokers.values()].map(use));
  }
}

type Starts = (() => Promise<KafkaServer>)[];

async function asProcesses(size: number, options: KafkaOptions): Promise<Starts> {
  const { startEmbeddedKafka } = await import("./embedded_kafka.ts");
  const controllers = freePorts(size).map((port) => `127.0.0.1:${port}`);
  return nodes(controllers).map((node) => () => startEmbeddedKafka(options, node));
}

async function inContainers(
  size: number,
  options: KafkaOptions,
  stack: AsyncDisposableStack,
): Promise<Starts> {
  const [{ CONTROLLER_PORT, startContainerKafka }, { Network }] = await Promise.all([
    import("./container_kafka.ts"),
    import("testcontainers"),
  ]);
  const network = options.network ?? stack.use(await new Network().start());
  const name = (id: number) => `${options.networkAlias ?? "kafka"}-${id}`;
  const controllers = Array.from({ length: size }, (_, i) => `${name(i + 1)}:${CONTROLLER_PORT}`);
  return nodes(controllers).map((node) => () =>
    startContainerKafka({ ...options, network, networkAlias: name(node.id) }, node)
  );
}

function nodes(controllers: string[]): ClusterNode[] {
  const clusterId = newClusterId();
  return controllers.map((_, i) => ({ id: i + 1, clusterId, controllers }));
}
