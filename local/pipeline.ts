import { pause } from "../shared/lifecycle.ts";
import type { Settings } from "../shared/settings/table.ts";
import {
  freePort,
  type KafkaServer,
  type PostgresServer,
  type ServerOptions,
  startKafka,
  startPostgres,
} from "./servers/mod.ts";
import { Dashboard } from "./dashboard.ts";
import { DATABASE, serviceEnvironment } from "./options.ts";
import { type Progress, ProgressReader } from "./progress.ts";
import type { ServiceTask } from "./service_task.ts";
import { ServiceProcess } from "./service_process.ts";

export interface PipelineOptions {
  dataFolder: string;
  logFolder: string;
  /** Topics whose progress is read. */
  topics: string[];
  print: (message: string) => void;
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

/** Default ports; a port in use is replaced by a free one. */
const PORTS = { kafka: 9092, postgres: 5432, dashboard: 8080 };

/**
 * Starts servers and services on the data of the last run.
 *
 * @param flags settings of the services, except how to reach the servers
 * @throws {ServerError} if a server cannot be started
 * @throws the reason of the signal if it is aborted
 */
export async function startPipeline(
  settings: Settings,
  flags: Record<string, string>,
  options: PipelineOptions,
): Promise<Pipeline> {
  const { print, signal, logFolder } = options;
  await using parts = new AsyncDisposableStack();
  const { postgres, kafka } = await startServers(options, parts);
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
  const dashboardUrl = startDashboard(settings, [producer, consumer], service, print, parts);

  const all = parts.move();
  return {
    ...{ postgres, kafka, consumer, producer, progress, dashboardUrl, before },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Starts both servers concurrently and adds them to `parts`, so that Kafka stops first. */
async function startServers(
  { dataFolder, print, signal }: PipelineOptions,
  parts: AsyncDisposableStack,
) {
  const options = (name: "kafka" | "postgres"): ServerOptions => ({
    kind: "embedded",
    dataFolder: `${dataFolder}/${name}`,
    port: freePort(PORTS[name]),
    onProgress: (message) => print(`${message[0]?.toUpperCase()}${message.slice(1)} …`),
    signal,
  });
  const [postgres, kafka] = await Promise.allSettled([
    startPostgres(options("postgres")).then((server) => {
      print(`PostgreSQL ready on port ${server.port}.`);
      return server;
    }),
    startKafka(options("kafka")).then((server) => {
      print(`Kafka ready at ${server.bootstrapServers}.`);
      return server;
    }),
  ]);
  for (const [name, result] of [["PostgreSQL", postgres], ["Kafka", kafka]] as const) {
    if (result.status === "rejected") continue;
    parts.use(result.value);
    parts.defer(() => print(`Stopping ${name} …`));
  }
  if (postgres.status === "rejected") throw postgres.reason;
  if (kafka.status === "rejected") throw kafka.reason;
  return { postgres: postgres.value, kafka: kafka.value };
}

/** Starts the dashboard in the background. @returns the URL of its page */
function startDashboard(
  { DASHBOARD_HOST: host, DASHBOARD_PORT: requestedPort }: Settings,
  services: ServiceProcess[],
  service: (name: ServiceTask, settings: Record<string, string>) => ServiceProcess,
  print: (message: string) => void,
  parts: AsyncDisposableStack,
): string {
  // Only the default port is replaced if it is in use.
  const port = requestedPort === PORTS.dashboard ? freePort(requestedPort) : requestedPort;
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
