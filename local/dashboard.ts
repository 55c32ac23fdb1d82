import { messageOf } from "../shared/errors.ts";
import { pause } from "../shared/lifecycle.ts";
import { httpGet } from "../shared/observe/http_get.ts";
import type { ServiceProcess } from "./service_process.ts";
import { PROJECT } from "./service_task.ts";

/** Milliseconds between two looks at whether it answers. */
const READY_POLL_INTERVAL_MS = 100;

/** The page's files are made in less than a second; longer only when the bundler has to be downloaded. */
const BUILD_TIMEOUT_MS = 60_000;

/** What a dashboard is started with. */
export interface DashboardOptions {
  /** Where people find its page. */
  url: string;
  /** Starts the service. */
  start: () => ServiceProcess;
  print: (message: string) => void;
}

/**
 * The dashboard beside the pipeline: it makes its page and starts the service in the background. Nothing waits for it, and
 * nothing fails with it: what is wrong with it is said.
 */
export class Dashboard implements AsyncDisposable {
  readonly #over = new AbortController();
  readonly #life: Promise<void>;

  constructor(private readonly options: DashboardOptions) {
    this.#life = this.#run().catch((error) => {
      if (!this.#over.signal.aborted) options.print(`There is no dashboard: ${messageOf(error)}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#life;
  }

  async #run(): Promise<void> {
    const { url, start, print: say } = this.options;
    const { signal } = this.#over;
    await buildPage(AbortSignal.any([signal, AbortSignal.timeout(BUILD_TIMEOUT_MS)]));
    signal.throwIfAborted();
    await using service = start();
    // Its own metrics first: somebody else may have the page's port.
    while (service.running && !(await service.metrics() && await isServing(url))) {
      await pause(READY_POLL_INTERVAL_MS, signal);
    }
    if (signal.aborted) return;
    if (service.running) say(`The dashboard is up, at ${url}.`);
    await Promise.race([service.ended(), aborted(signal)]);
    if (signal.aborted) return;
    throw new Error(
      `it has ended, with exit code ${await service.ended()}. The end of its log, ${service.logFile}:\n` +
        service.lastLines(3).map((line) => `  ${line}`).join("\n"),
    );
  }
}

/**
 * Makes the page's files, as `deno task dashboard:page` does.
 *
 * @throws With the bundler's own words, when they could not be made.
 */
export async function buildPage(signal?: AbortSignal): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "dashboard:page"],
    cwd: PROJECT,
    stdin: "null",
    ...signal && { signal },
  }).output();
  if (success) return;
  throw new Error(`its page could not be made:\n${new TextDecoder().decode(stderr).trim()}`);
}

/** Whether somebody serves a page there. */
async function isServing(url: string): Promise<boolean> {
  try {
    return (await httpGet(url, 1_000)).status === 200;
  } catch {
    return false;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
