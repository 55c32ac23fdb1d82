import type { MetricSample } from "../shared/observe/parse_metrics.ts";
import { PROJECT, type ServiceTask, taskArguments } from "./service_task.ts";
import { freePort, lastLinesOf, ServerProcess } from "./servers/mod.ts";
import { fetchMetrics } from "../shared/observe/fetch_metrics.ts";

const METRICS_TIMEOUT_MS = 1_000;

/** Time to drain before SIGKILL. */
const STOP_TIMEOUT_MS = 10_000;

/** A running service of the pipeline. */
export class ServiceProcess implements AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  readonly metricsUrl: string;
  readonly #process: ServerProcess;

  /**
   * Starts a service with the permissions of its task. The log of an earlier run is renamed to `….previous`.
   *
   * @param environment returns the service's environment variables for a metrics port
   */
  constructor(
    name: ServiceTask,
    logFolder: string,
    environment: (httpPort: number) => Record<string, string>,
  ) {
    const httpPort = freePort();
    this.name = name;
    this.logFile = `${logFolder}/${name}.log`;
    this.metricsUrl = `http://127.0.0.1:${httpPort}/metrics`;
    Deno.mkdirSync(logFolder, { recursive: true });
    try {
      Deno.renameSync(this.logFile, `${this.logFile}.previous`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    this.#process = new ServerProcess({
      command: Deno.execPath(),
      args: taskArguments(name),
      cwd: PROJECT,
      env: environment(httpPort),
      logFile: this.logFile,
      stopSignal: "SIGTERM",
    });
  }

  get running(): boolean {
    return this.#process.running;
  }

  /** Waits until the process ends. @returns its exit code */
  async ended(): Promise<number> {
    return (await this.#process.ended()).code;
  }

  /** Current metrics; `undefined`: the service does not respond. */
  async metrics(): Promise<MetricSample[] | undefined> {
    return this.running
      ? await fetchMetrics(this.metricsUrl, METRICS_TIMEOUT_MS).catch(() => undefined)
      : undefined;
  }

  /** Stops the service; it drains first. @returns its exit code */
  async stop(): Promise<number> {
    return (await this.#process.stop(STOP_TIMEOUT_MS)).code;
  }

  /** The last lines of the log, formatted. */
  lastLines(count = 10): string[] {
    return lastLinesOf(this.logFile, count).split("\n").map(formatLogLine);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The level and message of a JSON log line; other lines are returned unchanged. */
export function formatLogLine(line: string): string {
  try {
    const { level, message } = JSON.parse(line) as { level?: string; message?: string };
    return message === undefined ? line : `${(level ?? "").toUpperCase().padEnd(5)} ${message}`;
  } catch {
    return line;
  }
}
