import { pause } from "../shared/lifecycle.ts";
import type { Settings } from "../shared/settings/table.ts";
import { waitForEarlierServer } from "./servers/data_folder.ts";
import { type KafkaServer, type PostgresServer, removeContainers, type ServerKind } from "./servers/mod.ts";
import { chooseServers, type Data } from "./choose_servers.ts";
import { Dashboard } from "./dashboard.ts";
import { connectionSettings, DATABASE, type Options, serviceEnvironment } from "./options.ts";
import { envFileText, writeEnvFile } from "./env_file.ts";
import { type Progress, ProgressReader } from "./progress.ts";
import { choosePorts, type Ports } from "./ports.ts";
import type { ServiceTask } from "./service_task.ts";
import { ServiceProcess } from "./service_process.ts";
import { startServers } from "./start_servers.ts";
import { namesOf, readState, writeState } from "./start_state.ts";
import type { Print } from "./steps.ts";

export interface PipelineOptions {
  dataFolder: string;
  logFolder: string;
  /** Path of the env file to write. */
  envFile: string;
  /** Topics whose progress is read. */
  topics: string[];
  print: Print;
  /** Aborted to cancel the start. */
  signal: AbortSignal;
}

/** The running pipeline. Disposal stops its parts in reverse order of their start. */
export interface Pipeline extends AsyncDisposable {
  postgres: PostgresServer;
  kafka: KafkaServer;
  consumer: ServiceProcess;
  producer: ServiceProcess;
  progress: ProgressReader;
  /** The dashboard may still be starting. */
  dashboardUrl: string;
  /** Progress before this start. */
  before: Progress;
}

/** A part of the pipeline exited unexpectedly. */
export class PipelineError extends Error {
  override readonly name = "PipelineError";
  /** Last lines of the part's log. */
  readonly log: string[];
  /** Exit code of this program. */
  readonly exitCode: number;

  constructor(message: string, log: string[], exitCode = 1) {
    super(message);
    this.log = log;
    this.exitCode = exitCode === 0 ? 1 : exitCode;
  }
}

const WATCH_INTERVAL_MS = 250;

/**
 * Starts servers and services on the data of the last run.
 *
 * @throws {ServerError} if a server cannot be started
 * @throws {SettingsError} if a requested port is in use
 * @throws the reason of the signal if it is aborted
 */
export async function startPipeline(
  { settings, flags }: Options,
  options: PipelineOptions,
): Promise<Pipeline> {
  const { dataFolder, print, signal, logFolder } = options;
  await using parts = new AsyncDisposableStack();
  const state = readState(dataFolder);
  const volumes = namesOf(state);
  const data = { folder: dataFolder, servers: state.servers, volumes: Object.values(volumes) };
  const kind = await chooseServers(settings.START_SERVERS, data, print);
  await endEarlierServers(kind, data);
  const ports = await choosePorts(requestedPorts(settings, flags), state.ports, print);
  signal.throwIfAborted();
  writeState(dataFolder, { ...state, ports });
  const { postgres, kafka } = await startServers({ kind, dataFolder, volumes, ports, print, signal }, parts);
  // Not before there is data: servers that do not start can be replaced by those of the other kind.
  writeState(dataFolder, { ...state, servers: kind, ports });
  signal.throwIfAborted();

  const service = (name: ServiceTask, settings: Record<string, string> = {}) =>
    new ServiceProcess(name, logFolder, (httpPort) => ({
      ...serviceEnvironment(flags, { kafka, postgres }, httpPort),
      ...settings,
    }));
  const startService = (name: ServiceTask) => {
    const started = parts.use(service(name));
    parts.defer(() => started.running ? print(`Stopping the ${name} …`) : undefined);
    return started;
  };
  print("Starting the consumer and the producer …");
  const consumer = startService("consumer");
  const progress = parts.use(await connectProgressReader(settings, options.topics, kafka, postgres));
  const before = await progress.read();
  signal.throwIfAborted();
  const producer = startService("producer");
  const dashboardUrl = startDashboard(settings, ports.dashboard, [producer, consumer], service, print, parts);
  writeEnvFile(
    options.envFile,
    envFileText(connectionSettings({ kafka, postgres }), flags, dashboardUrl),
  );

  const all = parts.move();
  return {
    ...{ postgres, kafka, consumer, producer, progress, dashboardUrl, before },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Waits for servers of a killed run, or removes their containers: they still use their ports. */
async function endEarlierServers(kind: ServerKind, { folder, volumes }: Data): Promise<void> {
  if (kind === "container") return await removeContainers(volumes);
  await Promise.all(["kafka", "postgres"].map((name) => waitForEarlierServer(name, `${folder}/${name}`)));
}

/** Ports given by a flag or an environment variable. */
function requestedPorts(settings: Settings, flags: Record<string, string>): Partial<Ports> {
  const { START_KAFKA_PORT: kafka, START_POSTGRES_PORT: postgres, DASHBOARD_PORT: dashboard } = settings;
  return {
    ...kafka !== undefined && { kafka },
    ...postgres !== undefined && { postgres },
    ...flags["DASHBOARD_PORT"] !== undefined && { dashboard },
  };
}

/** Starts the dashboard in the background. @returns the URL of its page */
function startDashboard(
  { DASHBOARD_HOST: host }: Settings,
  port: number,
  services: ServiceProcess[],
  service: (name: ServiceTask, settings: Record<string, string>) => ServiceProcess,
  print: Print,
  parts: AsyncDisposableStack,
): string {
  const settings = {
    DASHBOARD_PORT: `${port}`,
    DASHBOARD_SERVICES: services.map(({ metricsUrl }) => metricsUrl).join(),
  };
  const url = `http://${["0.0.0.0", "::", "127.0.0.1"].includes(host) ? "localhost" : host}:${port}`;
  parts.use(new Dashboard({ url, start: () => service("dashboard", settings), print }));
  return url;
}

function connectProgressReader(
  settings: Settings,
  topics: string[],
  { bootstrapServers }: KafkaServer,
  { host, port, user, password }: PostgresServer,
): Promise<ProgressReader> {
  return ProgressReader.connect(
    bootstrapServers,
    // Otherwise pg reads PGSSLMODE.
    { host, port, user, password, database: DATABASE, ssl: false },
    settings.CONSUMER_GROUP_ID,
    topics,
  );
}

/**
 * Watches all parts until `signal` is aborted.
 *
 * @param mayProducerEnd whether the producer may exit, with code 0
 * @throws {PipelineError} if a part exits unexpectedly
 */
export async function watchPipeline(
  { postgres, kafka, consumer, producer }: Pipeline,
  mayProducerEnd: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (; !signal.aborted; await pause(WATCH_INTERVAL_MS, signal)) {
    for (const [name, server] of [["PostgreSQL", postgres], ["Kafka", kafka]] as const) {
      if (await server.running()) continue;
      throw new PipelineError(
        `${name} exited unexpectedly. Last lines of its log:`,
        server.logs().split("\n").slice(-5),
      );
    }
    for (const service of [consumer, producer]) {
      if (service.running) continue;
      const code = await service.ended();
      if (service === producer && code === 0 && mayProducerEnd()) continue;
      throw new PipelineError(
        `The ${service.name} exited with code ${code}. Last lines of its log (${service.logFile}):`,
        service.lastLines(),
        code,
      );
    }
  }
}
