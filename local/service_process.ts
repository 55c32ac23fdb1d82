import type { MetricSample } from "../shared/observe/parse_metrics.ts";
import { PROJECT, type ServiceTask, taskArguments } from "./service_task.ts";
import { freePort, lastLinesOf, ServerProcess } from "./servers/mod.ts";
import { fetchMetrics } from "../shared/observe/fetch_metrics.ts";

const METRICS_TIMEOUT_MS = 1_000;

/** Milliseconds that a service has to finish what it has in hand. */
const STOP_TIMEOUT_MS = 10_000;

/** One of the pipeline's programs, running. */
export class ServiceProcess implements AsyncDisposable {
  readonly name: string;
  /** Path of its log, relative to the project where it lies there. */
  readonly logFile: string;
  /** Where its metrics are. */
  readonly metricsUrl: string;
  readonly #process: ServerProcess;

  /**
   * Starts it as `deno task` does, with just its permissions.
   *
   * @param name `producer`, `consumer` or `dashboard`: its folder, and the name of its set of permissions.
   * @param environment For a port of its metrics.
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

  /** Whether it is still there. */
  get running(): boolean {
    return this.#process.running;
  }

  /** Waits for its end. @returns The exit code. */
  async ended(): Promise<number> {
    return (await this.#process.ended()).code;
  }

  /** What its metrics say now; nothing when it does not answer. */
  async metrics(): Promise<MetricSample[] | undefined> {
    return this.running
      ? await fetchMetrics(this.metricsUrl, METRICS_TIMEOUT_MS).catch(() => undefined)
      : undefined;
  }

  /** Lets it finish what it has in hand. @returns The exit code. */
  async stop(): Promise<number> {
    return (await this.#process.stop(STOP_TIMEOUT_MS)).code;
  }

  /** The last lines of its log, for people. */
  lastLines(count = 10): string[] {
    return lastLinesOf(this.logFile, count).split("\n").map(formatLogLine);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The level and message of a JSON log line; any other line as it is. */
export function formatLogLine(line: string): string {
  try {
    const { level, message } = JSON.parse(line) as { level?: string; message?: string };
    return message === undefined ? line : `${(level ?? "").toUpperCase().padEnd(5)} ${message}`;
  } catch {
    return line;
  }
}
