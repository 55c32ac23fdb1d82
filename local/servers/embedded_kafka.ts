import { DataFolder, exists } from "./data_folder.ts";
import { EmbeddedServer, startEmbedded } from "./embedded_server.ts";
import { freePorts } from "./free_port.ts";
import { commonArguments, type KafkaJvm, kafkaJvm } from "./jvm.ts";
import { BROKER_HEAP, KAFKA_PERFORMANCE, TOOL_HEAP } from "./jvm_options.ts";
import { errorsInLog } from "./kafka_log.ts";
import {
  type ClusterNode,
  type KafkaListeners,
  kafkaProperties,
  type Listener,
  newClusterId,
} from "./kafka_properties.ts";
import { toolClass } from "./kafka_tools.ts";
import { propertiesFile } from "./properties_file.ts";
import { runCommand } from "./run_command.ts";
import { ServerProcess } from "./server_process.ts";
import {
  type KafkaOptions,
  type KafkaServer,
  ServerError,
  TOOL_FILE,
  type ToolOptions,
  type ToolResult,
} from "./types.ts";
import { waitUntil } from "./wait_until.ts";

/** Includes recovery after a crash. */
const START_TIMEOUT_MS = 90_000;
const STARTED = "Kafka Server started";

/**
 * Starts a broker as a Java process of this machine.
 *
 * @param node the broker's place in its cluster; default: a cluster of one
 */
export async function startEmbeddedKafka(options: KafkaOptions, node?: ClusterNode): Promise<KafkaServer> {
  return await startEmbedded("Kafka", options, async () => {
    const jvm = await kafkaJvm(options);
    return new EmbeddedKafka(jvm, await DataFolder.open("kafka", options.dataFolder), options, node);
  });
}

class EmbeddedKafka extends EmbeddedServer<KafkaOptions> implements KafkaServer {
  readonly bootstrapServers: string;
  declare readonly proxyUpstream?: string;
  readonly #jvm: KafkaJvm;
  readonly #listeners: KafkaListeners;
  readonly #node: ClusterNode | undefined;

  constructor(jvm: KafkaJvm, folder: DataFolder, options: KafkaOptions, node: ClusterNode | undefined) {
    super(folder, options);
    this.#jvm = jvm;
    this.#node = node;
    const [client, admin, controller, proxy] = freePorts(4);
    this.#listeners = {
      client: loopback(options.port ?? client!),
      ...options.proxy && { proxy: { ...loopback(proxy!), advertised: options.proxy } },
      admin: loopback(admin!),
      controller: node?.controllers[node.id - 1] ?? loopback(controller!).listen,
    };
    this.bootstrapServers = this.#listeners.client.advertised;
    if (options.proxy) this.proxyUpstream = this.#listeners.proxy!.listen;
  }

  async start(): Promise<void> {
    if (this.process?.running) return;
    await this.#writeConfiguration();
    await this.#format();
    this.options.onProgress?.("starting Kafka");
    const logged = this.folder.logSize();
    const archive = this.#jvm.classArchive.createArguments();
    const process = this.process = new ServerProcess({
      command: this.#jvm.command,
      args: [
        ...commonArguments(this.#jvm, this.folder.file("log4j2.properties")),
        ...archive.args,
        ...BROKER_HEAP[this.options.jvm ?? "frugal"],
        ...this.options.jvm === "kafka" ? KAFKA_PERFORMANCE : [],
        "-XX:+ExitOnOutOfMemoryError",
        "kafka.Kafka",
        this.folder.file("server.properties"),
      ],
      logFile: this.folder.logFile,
      stopSignal: "SIGTERM",
      onEnd: archive.keep,
      ...this.folder.temporary && { removeFolder: this.folder.path },
    });
    this.folder.writePidFile(process.pid);
    const hasStarted = () => this.folder.logSince(logged).includes(STARTED);
    await waitUntil("Kafka to start", () => !process.running || hasStarted(), { timeoutMs: START_TIMEOUT_MS })
      .catch(() => {});
    if (process.running && hasStarted()) return;
    await process.kill();
    throw new ServerError(`Kafka did not start. Its log:\n${errorsInLog(this.folder.logSince(logged))}`);
  }

  async stop(): Promise<void> {
    await this.process?.stop();
  }

  async kill(): Promise<void> {
    await this.process?.kill();
  }

  async tool(name: string, args: string[], options: ToolOptions = {}): Promise<ToolResult> {
    const path = this.folder.file(`tool-${crypto.randomUUID()}`);
    if (options.file !== undefined) await Deno.writeTextFile(path, options.file);
    return await runCommand(this.#jvm.command, [
      ...commonArguments(this.#jvm, this.folder.file("tools-log4j2.properties")),
      TOOL_HEAP,
      ...this.options.jvm === "kafka" ? KAFKA_PERFORMANCE : ["-XX:TieredStopAtLevel=1"],
      toolClass(name),
      "--bootstrap-server",
      this.#listeners.admin.advertised,
      ...args.map((argument) => argument === TOOL_FILE ? path : argument),
    ], options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Temporary data needs no clean shutdown, but the class archive is written only by one.
    await (this.folder.temporary && !this.#jvm.classArchive.isMissing ? this.kill() : this.stop());
    await this.folder[Symbol.asyncDispose]();
  }

  async #writeConfiguration(): Promise<void> {
    const properties = kafkaProperties(
      this.#listeners,
      this.folder.file("logs"),
      this.options,
      this.#node,
    );
    await Deno.writeTextFile(this.folder.file("server.properties"), propertiesFile(properties), {
      mode: 0o600,
    });
    await Deno.writeTextFile(this.folder.file("log4j2.properties"), logConfiguration("SYSTEM_OUT", "INFO"));
    await Deno.writeTextFile(
      this.folder.file("tools-log4j2.properties"),
      logConfiguration("SYSTEM_ERR", "WARN"),
    );
  }

  /** Formats a new data folder for KRaft. */
  async #format(): Promise<void> {
    if (exists(this.folder.file("logs/meta.properties"))) return;
    const { code, stdout, stderr } = await runCommand(this.#jvm.command, [
      ...commonArguments(this.#jvm, this.folder.file("tools-log4j2.properties")),
      "-XX:TieredStopAtLevel=1",
      "kafka.tools.StorageTool",
      "format",
      "--cluster-id",
      this.#node?.clusterId ?? newClusterId(),
      "--config",
      this.folder.file("server.properties"),
    ]);
    if (code !== 0) throw new ServerError(`Cannot format Kafka's data folder:\n${stderr}${stdout}`);
  }
}

function loopback(port: number): Listener {
  return { listen: `127.0.0.1:${port}`, advertised: `127.0.0.1:${port}` };
}

function logConfiguration(target: "SYSTEM_OUT" | "SYSTEM_ERR", level: string): string {
  return propertiesFile({
    "rootLogger.level": level,
    "rootLogger.appenderRef.console.ref": "console",
    "appender.console.type": "Console",
    "appender.console.name": "console",
    "appender.console.target": target,
    "appender.console.layout.type": "PatternLayout",
    "appender.console.layout.pattern": "[%d] %p %m (%c)%n",
  });
}
