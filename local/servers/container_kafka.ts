import { Buffer } from "node:buffer";
import { GenericContainer, Wait } from "testcontainers";
import { ContainerServer, engineHost, startContainer, type StartedContainer } from "./container_server.ts";
import { freePorts } from "./free_port.ts";
import { BROKER_HEAP, TOOL_HEAP } from "./jvm_options.ts";
import { type ClusterNode, kafkaProperties } from "./kafka_properties.ts";
import { KAFKA_VERSION } from "./kafka_pom.ts";
import { toolClass } from "./kafka_tools.ts";
import { propertiesFile } from "./properties_file.ts";
import {
  type KafkaOptions,
  type KafkaServer,
  TOOL_FILE,
  type ToolOptions,
  type ToolResult,
} from "./types.ts";

const IMAGE = `apache/kafka:${KAFKA_VERSION}`;
/** A volume of the image. */
const DATA = "/var/lib/kafka/data";

/** Ports in the container. The client port is the same inside and outside. */
const NETWORK_PORT = 19092;
const ADMIN_PORT = 19093;
const ADMIN = `127.0.0.1:${ADMIN_PORT}`;
/** Port of the controller listener. */
export const CONTROLLER_PORT = 19094;

/** For a JVM that lives for minutes: the C1 compiler and the serial collector halve the CPU time. */
const SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

const frugal = (heap: string) => ({ KAFKA_HEAP_OPTS: heap, KAFKA_JVM_PERFORMANCE_OPTS: SHORT_LIVED });

/**
 * Starts a broker in a container.
 *
 * @param node the broker's place in its cluster, whose brokers share `options.network`; default: a cluster of one
 */
export async function startContainerKafka(options: KafkaOptions, node?: ClusterNode): Promise<KafkaServer> {
  // Brokers advertise their address, so the port must be known before the start.
  const [free, proxyPort] = freePorts(2);
  const port = options.port ?? free!;
  const host = await engineHost();
  const bootstrap = `${host}:${port}`;
  const alias = options.networkAlias ?? "kafka";
  const network = options.network && `${alias}:${NETWORK_PORT}`;
  const properties = kafkaProperties(
    {
      client: { listen: `0.0.0.0:${port}`, advertised: bootstrap },
      ...network && { network: { listen: `0.0.0.0:${NETWORK_PORT}`, advertised: network } },
      ...options.proxy && { proxy: { listen: `0.0.0.0:${proxyPort}`, advertised: options.proxy } },
      admin: node
        ? { listen: `0.0.0.0:${ADMIN_PORT}`, advertised: `${options.networkAlias}:${ADMIN_PORT}` }
        : { listen: ADMIN, advertised: ADMIN },
      controller: node?.controllers[node.id - 1] ?? `127.0.0.1:${CONTROLLER_PORT}`,
    },
    DATA,
    options,
    node,
  );
  const container = new GenericContainer(IMAGE)
    .withExposedPorts(
      ...[port, ...options.proxy ? [proxyPort!] : []].map((port) => ({ container: port, host: port })),
    )
    .withCopyContentToContainer([{
      content: propertiesFile(properties),
      target: "/mnt/shared/config/server.properties",
    }])
    .withEnvironment({
      ...options.jvm !== "kafka" && frugal(BROKER_HEAP.frugal.join(" ")),
      ...node && { CLUSTER_ID: node.clusterId },
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(120_000);
  if (options.network) container.withNetwork(options.network).withNetworkAliases(alias);
  const started = await startContainer("Kafka", container, IMAGE, DATA, options);
  return new ContainerKafka(started, {
    bootstrapServers: bootstrap,
    ...network && { networkBootstrapServers: network },
    ...options.proxy && { proxyUpstream: `${network ? alias : host}:${proxyPort}` },
  }, options.jvm === "kafka" ? {} : frugal(TOOL_HEAP));
}

class ContainerKafka extends ContainerServer implements KafkaServer {
  readonly bootstrapServers: string;
  declare readonly networkBootstrapServers?: string;
  declare readonly proxyUpstream?: string;

  constructor(
    started: StartedContainer,
    addresses: Pick<KafkaServer, "bootstrapServers" | "networkBootstrapServers" | "proxyUpstream">,
    private readonly toolEnv: Record<string, string>,
  ) {
    super(started);
    this.bootstrapServers = addresses.bootstrapServers;
    Object.assign(this, addresses);
  }

  async tool(name: string, args: string[], options: ToolOptions = {}): Promise<ToolResult> {
    toolClass(name);
    const { stdin = "", file = "", timeoutMs = 30_000, signal } = options;
    const input = `/tmp/${crypto.randomUUID()}`, path = `${input}-file`;
    await this.container.copyContentToContainer([
      { content: Buffer.from(stdin), target: input, mode: 0o644 },
      { content: Buffer.from(file), target: path, mode: 0o644 },
    ]);
    const pid = `${input}-pid`;
    // `timeout` forwards the signal.
    const kill = () => this.container.exec(["sh", "-c", `kill $(cat ${pid})`]);
    signal?.addEventListener("abort", kill);
    const { stdout, stderr, exitCode } = await this.container.exec([
      "sh",
      "-c",
      'input=$1; shift; echo $$ >"$input-pid"; exec "$@" <"$input"',
      "sh",
      input,
      "timeout",
      `${timeoutMs / 1000}`,
      `/opt/kafka/bin/${name}.sh`,
      "--bootstrap-server",
      ADMIN,
      ...args.map((argument) => argument === TOOL_FILE ? path : argument),
    ], { env: this.toolEnv }).finally(() => signal?.removeEventListener("abort", kill));
    if (exitCode === 124) {
      throw new Error(`Timed out after ${timeoutMs} ms: ${name} ${args.join(" ")}\n${stderr}`);
    }
    return { stdout, stderr, code: exitCode };
  }
}
