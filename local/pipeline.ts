import { pause } from "../shared/lifecycle.ts";
import type { Settings } from "../shared/settings/table.ts";
import { loadStreams } from "../shared/streams.ts";
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

/** Where the pipeline keeps its files, and whom it tells what it does. */
export interface PipelineOptions {
  dataFolder: string;
  logFolder: string;
  print: (message: string) => void;
  /** Aborted when the pipeline is not wanted any more. */
  signal: AbortSignal;
}

/** The whole pipeline on this machine. Disposing of it stops all that runs, in order. */
export interface Pipeline extends AsyncDisposable {
  postgres: PostgresServer;
  kafka: KafkaServer;
  consumer: ServiceProcess;
  producer: ServiceProcess;
  progress: ProgressReader;
  /** Where the dashboard's page is, or will be soon. */
  dashboardUrl: string;
  /** How far it was before this start. */
  before: Progress;
}

/** A part of the pipeline has ended that should not have. */
export class PipelineError extends Error {
  override readonly name = "PipelineError";
  /** The end of that part's log. */
  readonly log: string[];
  /** For this program. */
  readonly exitCode: number;

  constructor(message: string, log: string[], exitCode = 1) {
    super(message);
    this.log = log;
    this.exitCode = exitCode === 0 ? 1 : exitCode;
  }
}

/** Milliseconds between two looks at whether all parts are there. */
const WATCH_INTERVAL_MS = 250;

/** Ports that people expect; others are chosen where they are taken. */
const PORTS = { kafka: 9092, postgres: 5432, dashboard: 8080 };

/**
 * Starts servers and services, on the data of the last time.
 *
 * @param flags Settings of the services, beside those that name the servers.
 * @throws What `startKafka` and `startPostgres` throw, and the signal's reason when it is aborted.
 */
export async function startPipeline(
  settings: Settings,
  flags: Record<string, string>,
  options: PipelineOptions,
): Promise<Pipeline> {
  const { print: say, signal, logFolder } = options;
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
    parts.defer(() => started.running ? say(`Stopping the ${name} …`) : undefined);
    return started;
  };
  say("Starting consumer and producer …");
  const consumer = startService("consumer");
  const progress = parts.use(await connectProgressReader(settings, kafka, postgres));
  const before = await progress.read();
  signal.throwIfAborted();
  const producer = startService("producer");
  const dashboardUrl = startDashboard(settings, [producer, consumer], service, say, parts);

  const all = parts.move();
  return {
    ...{ postgres, kafka, consumer, producer, progress, dashboardUrl, before },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Starts both servers at the same time, and hands them to `parts`: Kafka is to stop first, since it has clients left. */
async function startServers(
  { dataFolder, print: say, signal }: PipelineOptions,
  parts: AsyncDisposableStack,
) {
  const options = (name: "kafka" | "postgres"): ServerOptions => ({
    kind: "embedded",
    dataFolder: `${dataFolder}/${name}`,
    port: freePort(PORTS[name]),
    onProgress: (message) => say(`${message[0]?.toUpperCase()}${message.slice(1)} …`),
    signal,
  });
  const [postgres, kafka] = await Promise.allSettled([
    startPostgres(options("postgres")).then((server) => {
      say(`PostgreSQL is up, on port ${server.port}.`);
      return server;
    }),
    startKafka(options("kafka")).then((server) => {
      say(`Kafka is up, at ${server.bootstrapServers}.`);
      return server;
    }),
  ]);
  for (const [name, result] of [["PostgreSQL", postgres], ["Kafka", kafka]] as const) {
    if (result.status === "rejected") continue;
    parts.use(result.value);
    parts.defer(() => say(`Stopping ${name} …`));
  }
  if (postgres.status === "rejected") throw postgres.reason;
  if (kafka.status === "rejected") throw kafka.reason;
  return { postgres: postgres.value, kafka: kafka.value };
}

/** Has the dashboard started in the background. @returns Where its page will be. */
function startDashboard(
  { DASHBOARD_HOST: host, DASHBOARD_PORT: wanted }: Settings,
  services: ServiceProcess[],
  service: (name: ServiceTask, settings: Record<string, string>) => ServiceProcess,
  say: (message: string) => void,
  parts: AsyncDisposableStack,
): string {
  // One that was asked for is the one, also where it is taken.
  const port = wanted === PORTS.dashboard ? freePort(wanted) : wanted;
  const settings = {
    DASHBOARD_PORT: `${port}`,
    DASHBOARD_SERVICES: services.map(({ metricsUrl }) => metricsUrl).join(),
  };
  const url = `http://${["0.0.0.0", "::", "127.0.0.1"].includes(host) ? "localhost" : host}:${port}`;
  parts.use(new Dashboard({ url, start: () => service("dashboard", settings), print: say }));
  return url;
}

async function connectProgressReader(
  settings: Settings,
  { bootstrapServers }: KafkaServer,
  { host, port, user, password }: PostgresServer,
): Promise<ProgressReader> {
  const streams = await loadStreams(settings.STREAMS, settings.KAFKA_TOPIC_PREFIX);
  return await ProgressReader.connect(
    bootstrapServers,
    // Without `ssl` it would look for PGSSLMODE.
    { host, port, user, password, database: DATABASE, ssl: false },
    settings.CONSUMER_GROUP_ID,
    streams.map(({ topic }) => topic),
  );
}

/**
 * Rejects when a part has ended that should not have.
 *
 * @param producerMayEnd Whether the producer may have ended by now, with exit code 0.
 * @param signal Aborted when all parts may end.
 */
export async function watchPipeline(
  { postgres, kafka, consumer, producer }: Pipeline,
  producerMayEnd: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (; !signal.aborted; await pause(WATCH_INTERVAL_MS, signal)) {
    for (const [name, server] of [["PostgreSQL", postgres], ["Kafka", kafka]] as const) {
      if (await server.running()) continue;
      throw new PipelineError(`${name} has ended. The end of its log:`, server.logs().split("\n").slice(-5));
    }
    for (const service of [consumer, producer]) {
      if (service.running) continue;
      const code = await service.ended();
      if (service === producer && code === 0 && producerMayEnd()) continue;
      throw new PipelineError(
        `The ${service.name} has ended, with exit code ${code}. The end of its log, ${service.logFile}:`,
        service.lastLines(),
        code,
      );
    }
  }
}
