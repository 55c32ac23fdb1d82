import { Buffer } from "node:buffer";
import { GenericContainer, Wait } from "testcontainers";
import { ContainerServer, engineHost, startContainer, type Started } from "./container_server.ts";
import { freePorts } from "./free_port.ts";
import { kafkaProperties } from "./kafka_properties.ts";
import { KAFKA_VERSION } from "./kafka_pom.ts";
import { toolClass } from "./kafka_tools.ts";
import { propertiesFile } from "./properties_file.ts";
import type { KafkaOptions, KafkaServer, ToolOptions, ToolResult } from "./types.ts";

/** Ports inside of the container; that of clients is the same inside and outside. */
const NETWORK_PORT = 19092;
const ADMIN = "127.0.0.1:19093";
const CONTROLLER = "127.0.0.1:19094";

/** Starts a broker in a container. */
export async function startContainerKafka(options: KafkaOptions): Promise<KafkaServer> {
  // Brokers tell clients their address, so the port has to be known beforehand.
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
      admin: { listen: ADMIN, advertised: ADMIN },
      controller: CONTROLLER,
    },
    "/tmp/kraft-combined-logs",
    options,
  );
  const container = new GenericContainer(`apache/kafka:${KAFKA_VERSION}`)
    .withExposedPorts(
      ...[port, ...options.proxy ? [proxyPort!] : []].map((port) => ({ container: port, host: port })),
    )
    .withCopyContentToContainer([{
      content: propertiesFile(properties),
      target: "/mnt/shared/config/server.properties",
    }])
    .withEnvironment({ KAFKA_HEAP_OPTS: "-Xms128m -Xmx512m" })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(120_000);
  if (options.network) container.withNetwork(options.network).withNetworkAliases(alias);
  options.onProgress?.("starting Kafka in a container");
  return new ContainerKafka(await startContainer("Kafka", container), {
    bootstrapServers: bootstrap,
    ...network && { networkBootstrapServers: network },
    ...options.proxy && { proxyUpstream: `${network ? alias : host}:${proxyPort}` },
  });
}

class ContainerKafka extends ContainerServer implements KafkaServer {
  readonly bootstrapServers: string;
  declare readonly networkBootstrapServers?: string;
  declare readonly proxyUpstream?: string;

  constructor(
    started: Started,
    addresses: Pick<KafkaServer, "bootstrapServers" | "networkBootstrapServers" | "proxyUpstream">,
  ) {
    super(started);
    this.bootstrapServers = addresses.bootstrapServers;
    Object.assign(this, addresses);
  }

  async tool(name: string, args: string[], options: ToolOptions = {}): Promise<ToolResult> {
    toolClass(name);
    const { stdin = "", timeoutMs = 30_000 } = options;
    const input = `/tmp/${crypto.randomUUID()}`;
    await this.container.copyContentToContainer([{
      content: Buffer.from(stdin),
      target: input,
      mode: 0o644,
    }]);
    const { stdout, stderr, exitCode } = await this.container.exec([
      "sh",
      "-c",
      'input=$1; shift; exec "$@" <"$input"',
      "sh",
      input,
      "timeout",
      `${timeoutMs / 1000}`,
      `/opt/kafka/bin/${name}.sh`,
      "--bootstrap-server",
      ADMIN,
      ...args,
    ], { env: { KAFKA_HEAP_OPTS: "-Xmx256m" } });
    if (exitCode === 124) {
      throw new Error(`${name} ran longer than ${timeoutMs} ms: ${args.join(" ")}\n${stderr}`);
    }
    return { stdout, stderr, code: exitCode };
  }
}
