/**
 * Runs services as a user does: as processes, or as containers of their Dockerfiles.
 *
 * @module
 */
import { join } from "node:path";
import { fetchMetrics } from "../../shared/observe/fetch_metrics.ts";
import { httpGet } from "../../shared/observe/http_get.ts";
import { freePort } from "../../local/servers/mod.ts";
import { Metrics } from "./metrics.ts";
import { waitUntil, within } from "./wait.ts";

export type ServiceKind = "process" | "container";

/** Main module of each program. */
const PROGRAMS = {
  producer: "producer/main.ts",
  consumer: "consumer/main.ts",
  rejects: "consumer/rejects/main.ts",
  progress: "consumer/progress/main.ts",
  doctor: "doctor/main.ts",
};

export type ServiceName = keyof typeof PROGRAMS;

/** Signals that scenarios send. */
export type ServiceSignal = "SIGTERM" | "SIGINT" | "SIGKILL" | "SIGSTOP" | "SIGCONT";

/** Settings by environment variable. */
export type ServiceSettings = Record<string, string | number>;

/** How to run a service and send signals to it. */
export interface Launch {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** URL of `/healthz`, `/readyz` and `/metrics`. */
  http: string;
  signal(child: Deno.ChildProcess, signal: ServiceSignal): Promise<void>;
  /** Number of open files and sockets. */
  openFiles(child: Deno.ChildProcess): Promise<number>;
  /** Kills it. Called repeatedly until it has exited. */
  kill(child: Deno.ChildProcess): Promise<void>;
}

/** A running service. It is killed on disposal. */
export class TestService implements AsyncDisposable {
  /** Resolves to the exit code; 128 plus the signal's number if a signal ended it. */
  readonly exited: Promise<number>;
  /** Output so far, line by line. */
  readonly lines: string[] = [];
  /** Exit code; undefined while it runs. */
  exitCode: number | undefined;
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<unknown>;

  /**
   * @param name unique within a scenario, such as `consumer-2`
   * @param folder of its log, `<name>.log`
   */
  constructor(readonly name: string, private readonly launch: Launch, folder: string) {
    this.#child = new Deno.Command(launch.command, {
      args: launch.args,
      env: launch.env,
      cwd: launch.cwd,
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const log = Deno.openSync(join(folder, `${name}.log`), { write: true, create: true, truncate: true });
    this.#output = Promise.all([this.#read(this.#child.stdout, log), this.#read(this.#child.stderr, log)])
      .finally(() => log.close());
    this.exited = this.#child.status.then(async ({ code }) => {
      await this.#output;
      return this.exitCode = code;
    });
  }

  get isRunning(): boolean {
    return this.exitCode === undefined;
  }

  /** URL of `/healthz`, `/readyz` and `/metrics`. */
  get http(): string {
    return this.launch.http;
  }

  /** Output so far, as one text. */
  get log(): string {
    return this.lines.join("\n");
  }

  async signal(signal: ServiceSignal): Promise<void> {
    await this.launch.signal(this.#child, signal);
  }

  /** Sends SIGTERM (or another signal) and waits until the service exits. */
  async stop(signal: ServiceSignal = "SIGTERM", timeoutMs = 20_000): Promise<{ code: number; ms: number }> {
    const start = performance.now();
    await this.signal(signal);
    const code = await within(`${this.name} to exit after ${signal}`, timeoutMs, this.exited);
    return { code, ms: performance.now() - start };
  }

  /** Number of open files and sockets. Linux only. */
  async openFiles(): Promise<number> {
    return await this.launch.openFiles(this.#child);
  }

  /** Waits until `/readyz` reports that it is ready (or not ready). */
  async waitForReady(expected = true, timeoutMs = 60_000): Promise<void> {
    await waitUntil(`${this.name} to be ${expected ? "" : "not "}ready`, async () => {
      const { status } = await httpGet(`${this.launch.http}/readyz`, 2_000);
      return (status === 200) === expected;
    }, { timeoutMs, unless: () => this.assertRunning() });
  }

  async metrics(): Promise<Metrics> {
    return new Metrics(await fetchMetrics(`${this.launch.http}/metrics`, 5_000));
  }

  /** Waits until a line of the log matches; returns the line. */
  async waitForLog(pattern: RegExp, timeoutMs = 60_000): Promise<string> {
    let looked = 0;
    return await waitUntil(`${this.name} to log ${pattern}`, () => {
      for (; looked < this.lines.length; looked++) {
        if (pattern.test(this.lines[looked]!)) return this.lines[looked];
      }
      return undefined;
    }, {
      timeoutMs,
      unless: () => {
        if (looked === this.lines.length) this.assertRunning();
      },
    });
  }

  /** @throws {Error} with the end of the log if the service has exited */
  assertRunning(): void {
    if (!this.isRunning) {
      throw new Error(
        `${this.name} exited with code ${this.exitCode}:\n${this.lines.slice(-20).join("\n")}`,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await waitUntil(`${this.name} to exit`, async () => {
      if (this.isRunning) await this.launch.kill(this.#child);
      return !this.isRunning;
    });
    await this.exited;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, log: Deno.FsFile): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      log.writeSync(new TextEncoder().encode(text));
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      this.lines.push(...lines);
    }
    if (rest !== "") this.lines.push(rest);
  }
}

/** {@link Launch} methods for a process. */
export const CHILD: Pick<Launch, "signal" | "openFiles" | "kill"> = {
  signal: (child, signal) => Promise.resolve(child.kill(signal)),
  openFiles: async (child) => (await Array.fromAsync(Deno.readDir(`/proc/${child.pid}/fd`))).length,
  kill: (child) => Promise.resolve(child.kill("SIGKILL")),
};

/** Runs a service as a process, with its permissions in `deno.json`. */
export function processLaunch(
  service: ServiceName,
  args: string[],
  settings: ServiceSettings,
  cwd: string,
): Launch {
  const port = freePort();
  return {
    command: Deno.execPath(),
    args: ["run", "--quiet", `-P=${service}`, PROGRAMS[service], ...args],
    env: { ...inheritedEnvironment(), ...toEnvironment({ HTTP_PORT: port, ...settings }) },
    cwd,
    http: `http://127.0.0.1:${port}`,
    ...CHILD,
  };
}

/** The variables of this process's environment that services need. */
export function inheritedEnvironment(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "TMPDIR", "DOCKER_HOST", "NPM_CONFIG_REGISTRY"];
  return Object.fromEntries(
    names.flatMap((name) => Deno.env.get(name) === undefined ? [] : [[name, Deno.env.get(name)!]]),
  );
}

export function toEnvironment(settings: ServiceSettings): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, `${value}`]));
}
