import { messageOf } from "../shared/errors.ts";
import { aborted, pause } from "../shared/lifecycle.ts";
import { httpGet } from "../shared/observe/http_get.ts";
import type { ServiceProcess } from "./service_process.ts";
import type { Print } from "./steps.ts";
import { PROJECT } from "./service_task.ts";

const READY_POLL_INTERVAL_MS = 100;

/** Building takes less than a second, unless the bundler must be downloaded. */
const BUILD_TIMEOUT_MS = 60_000;

export interface DashboardOptions {
  /** URL of the page. */
  url: string;
  start: () => ServiceProcess;
  print: Print;
}

/** Builds the page and starts the dashboard in the background. Optional: a failure is printed and does not stop the pipeline. */
export class Dashboard implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(private readonly options: DashboardOptions) {
    this.#running = this.#run().catch((error) => {
      if (!this.#stop.signal.aborted) options.print(`Dashboard failed: ${messageOf(error)}`, "red");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { url, start, print } = this.options;
    const { signal } = this.#stop;
    await buildPage(AbortSignal.any([signal, AbortSignal.timeout(BUILD_TIMEOUT_MS)]));
    signal.throwIfAborted();
    await using service = start();
    // Its metrics must respond, too: another program may use the port of the page.
    while (service.running && !(await service.metrics() && await isServing(url))) {
      await pause(READY_POLL_INTERVAL_MS, signal);
    }
    if (signal.aborted) return;
    if (service.running) print(`Dashboard ready: ${url}`, "green");
    await Promise.race([service.ended(), aborted(signal)]);
    if (signal.aborted) return;
    throw new Error(
      `exit code ${await service.ended()}. Last lines of its log (${service.logFile}):\n` +
        service.lastLines(3).map((line) => `  ${line}`).join("\n"),
    );
  }
}

/**
 * Runs `deno task dashboard:page`.
 *
 * @throws {Error} with the output of the bundler
 */
export async function buildPage(signal?: AbortSignal): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "dashboard:page"],
    cwd: PROJECT,
    stdin: "null",
    ...signal && { signal },
  }).output();
  if (success) return;
  throw new Error(`cannot build its page:\n${new TextDecoder().decode(stderr).trim()}`);
}

/** Whether the URL responds with status 200. */
async function isServing(url: string): Promise<boolean> {
  try {
    return (await httpGet(url, 1_000)).status === 200;
  } catch {
    return false;
  }
}
