/**
 * The services, run as a user runs them: as programs of this machine, or as the containers that their Dockerfiles build.
 *
 * @module
 */
import { join } from "node:path";
import { httpGet } from "../../shared/observe/http_get.ts";
import { freePort } from "../../local/servers/mod.ts";
import { Metrics } from "./metrics.ts";
import { waitUntil, within } from "./wait.ts";

/** How services are run: as programs of this machine, or as containers. */
export type ServiceKind = "process" | "container";

/** The programs, and where each begins. */
const PROGRAMS = {
  producer: "producer/main.ts",
  consumer: "consumer/main.ts",
  rejects: "consumer/rejects/main.ts",
  doctor: "doctor/main.ts",
};

/** Those that run with the permissions of another one. */
const PERMISSIONS: Partial<Record<ServiceName, string>> = { doctor: "consumer" };

/** Which program. */
export type ServiceName = keyof typeof PROGRAMS;

/** Signals that scenarios send. */
export type ServiceSignal = "SIGTERM" | "SIGINT" | "SIGKILL" | "SIGSTOP" | "SIGCONT";

/** Settings by the names of their environment variables. */
export type ServiceSettings = Record<string, string | number>;

/** How to run a service: the program and arguments that run it here, and how a signal reaches it. */
export interface Launch {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** Where `/healthz`, `/readyz` and `/metrics` will be found. */
  http: string;
  signal(child: Deno.ChildProcess, signal: ServiceSignal): Promise<void>;
  /** How many files and sockets it has open. */
  openFiles(child: Deno.ChildProcess): Promise<number>;
  /** Ends it by force. Called again and again until it is gone. */
  kill(child: Deno.ChildProcess): Promise<void>;
}

/** A service that was started. It is ended, however it is, when it goes out of scope (`await using`). */
export class TestService implements AsyncDisposable {
  /** Exit code, once it has ended; 128 and the signal's number when a signal ended it. */
  readonly exited: Promise<number>;
  /** What it has printed so far, line by line. */
  readonly lines: string[] = [];
  /** Exit code; undefined as long as it runs. */
  exitCode: number | undefined;
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<unknown>;

  /**
   * Starts it.
   *
   * @param name Of this one among others, for example `consumer-2`; its log is `<name>.log`.
   * @param folder Where its log is kept.
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

  /** Whether it runs. */
  get isRunning(): boolean {
    return this.exitCode === undefined;
  }

  /** Where `/healthz`, `/readyz` and `/metrics` are found. */
  get http(): string {
    return this.launch.http;
  }

  /** Everything that it has printed, as one text. */
  get log(): string {
    return this.lines.join("\n");
  }

  /** Sends a signal. */
  async signal(signal: ServiceSignal): Promise<void> {
    await this.launch.signal(this.#child, signal);
  }

  /** Sends SIGTERM (or another signal) and waits; returns the exit code, and how long it took. */
  async stop(signal: ServiceSignal = "SIGTERM", timeoutMs = 20_000): Promise<{ code: number; ms: number }> {
    const start = performance.now();
    await this.signal(signal);
    const code = await within(`${this.name} to end after ${signal}`, timeoutMs, this.exited);
    return { code, ms: performance.now() - start };
  }

  /** How many files and sockets it has open. Linux only. */
  async openFiles(): Promise<number> {
    return await this.launch.openFiles(this.#child);
  }

  /** Waits until `/readyz` says that it is ready (or, with `false`, that it is not). */
  async waitForReady(expected = true, timeoutMs = 60_000): Promise<void> {
    await waitUntil(`${this.name} to be ${expected ? "" : "not "}ready`, async () => {
      const { status } = await httpGet(`${this.launch.http}/readyz`, 2_000);
      return (status === 200) === expected;
    }, { timeoutMs, unless: () => this.assertRunning() });
  }

  /** What `/metrics` says now. */
  async metrics(): Promise<Metrics> {
    return new Metrics((await httpGet(`${this.launch.http}/metrics`, 5_000)).text);
  }

  /** Waits until a line of its log matches; returns the line. */
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

  /** @throws When it has ended; the message has the end of its log. */
  assertRunning(): void {
    if (!this.isRunning) {
      throw new Error(
        `${this.name} has ended with code ${this.exitCode}:\n${this.lines.slice(-20).join("\n")}`,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await waitUntil(`${this.name} to end`, async () => {
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

/** What is done with a program of this machine. */
export const CHILD: Pick<Launch, "signal" | "openFiles" | "kill"> = {
  signal: (child, signal) => Promise.resolve(child.kill(signal)),
  openFiles: async (child) => (await Array.fromAsync(Deno.readDir(`/proc/${child.pid}/fd`))).length,
  kill: (child) => Promise.resolve(child.kill("SIGKILL")),
};

/** How a service is run as a process, with the permissions that `deno.json` gives it. */
export function processLaunch(
  service: ServiceName,
  args: string[],
  settings: ServiceSettings,
  cwd: string,
): Launch {
  const port = freePort();
  return {
    command: Deno.execPath(),
    args: ["run", "--quiet", `-P=${PERMISSIONS[service] ?? service}`, PROGRAMS[service], ...args],
    env: { ...inheritedEnvironment(), ...toEnvironment({ HTTP_PORT: port, ...settings }) },
    cwd,
    http: `http://127.0.0.1:${port}`,
    ...CHILD,
  };
}

/** The little of this program's environment that programs need. */
export function inheritedEnvironment(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "TMPDIR", "DOCKER_HOST", "NPM_CONFIG_REGISTRY"];
  return Object.fromEntries(
    names.flatMap((name) => Deno.env.get(name) === undefined ? [] : [[name, Deno.env.get(name)!]]),
  );
}

/** Settings as environment variables have them. */
export function toEnvironment(settings: ServiceSettings): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, `${value}`]));
}
