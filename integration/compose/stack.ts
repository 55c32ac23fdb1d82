import { join } from "node:path";
import { parseMetrics } from "../../shared/observe/parse_metrics.ts";
import { Metrics } from "../harness/metrics.ts";
import { uniqueName } from "../harness/random.ts";
import { ARTIFACTS, PROJECT } from "../harness/project.ts";
import { waitUntil } from "../harness/wait.ts";
import { type CommandOptions, docker, dockerOk, type Output } from "./engine.ts";

/** Files that the stack needs. The user's certificates and env files are not copied. */
const COPIED_FILES = [
  "compose.yaml",
  ".dockerignore",
  "deno.json",
  "deno.lock",
  "producer",
  "consumer",
  "doctor",
  "dashboard",
  "shared",
  "res/local.env",
  "res/local.password",
  "res/kafka_log4j2.yaml",
  "res/aiven.env.example",
  "res/ssl/README.md",
  "res/streams",
];

/** The command of the containers' health checks. */
const HEALTH_CHECK = [
  ..."deno run --quiet --no-config --no-prompt --allow-net=127.0.0.1 --allow-env=HTTP_PORT".split(" "),
  "dist/shared/observe/healthcheck.js",
];

/** Some properties of a container in `docker compose ps --format json`. */
export interface Container {
  readonly ID: string;
  readonly Name: string;
  readonly Service: string;
  readonly State: "running" | "exited" | "created" | "restarting";
  readonly Health: "" | "starting" | "healthy" | "unhealthy";
  readonly ExitCode: number;
}

/** Some properties of a container in `docker inspect`. */
export interface Inspected {
  readonly RestartCount: number;
  readonly Config: { readonly User: string; readonly Entrypoint: string[]; readonly Env: string[] };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly Privileged: boolean;
    readonly CapAdd: string[] | null;
    readonly CapDrop: string[] | null;
    readonly SecurityOpt: string[] | null;
    readonly PidsLimit: number | null;
    readonly Memory: number;
  };
}

/** A Compose project in a copy of the project's folder. Removed on disposal. */
export class Stack implements AsyncDisposable {
  readonly name = uniqueName("compose");
  readonly folder = Deno.makeTempDirSync({ prefix: "compose-" });
  /** Options of all `docker compose` commands, such as `--env-file`. */
  options: string[] = [];

  /** @param env environment of all commands */
  constructor(private readonly env: Readonly<Record<string, string>> = {}) {
    for (const path of COPIED_FILES) copy(join(PROJECT, path), join(this.folder, path));
  }

  /** Path of a file in the copy. */
  file(path: string): string {
    return join(this.folder, path);
  }

  /** Runs `docker compose …`; returns its standard output. @throws {Error} if it fails */
  async compose(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return await dockerOk(this.#arguments(args), this.#with(options));
  }

  /** Runs `docker compose …`, which may fail. */
  async tryCompose(args: readonly string[], options: CommandOptions = {}): Promise<Output> {
    return await docker(this.#arguments(args), this.#with(options));
  }

  /** Runs a service once. It exits after a configuration error. */
  async runOnce(...command: string[]): Promise<Output> {
    return await this.tryCompose(["run", "--rm", "--no-TTY", ...command], {
      timeoutMs: 90_000,
      env: { ON_CONFIGURATION_ERROR: "exit" },
    });
  }

  /** Requests a path of the service in a container, as its health check does. */
  async request({ ID }: Container, path: string): Promise<Output> {
    return await docker(["exec", ID, ...HEALTH_CHECK, path]);
  }

  /** All containers, or those of one service, including stopped ones. */
  async containers(service?: string): Promise<Container[]> {
    const lines = await this.compose(["ps", "--all", "--format", "json"]);
    const all: Container[] = lines.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    return all.filter((container) => service === undefined || container.Service === service);
  }

  /** Waits until there are `count` containers and all of them are healthy. */
  async waitForHealthy(count: number, timeoutMs = 60_000): Promise<void> {
    await waitUntil(`${count} healthy containers`, async () => {
      const containers = await this.containers();
      const states = containers.map(({ Name, State, Health }) => `${Name} ${State} ${Health}`);
      if (containers.length === count && containers.every(({ Health }) => Health === "healthy")) return true;
      throw new Error(states.join(", "));
    }, { timeoutMs, pollIntervalMs: 500 });
  }

  async inspect({ ID }: Container): Promise<Inspected> {
    return JSON.parse(await dockerOk(["inspect", ID]))[0];
  }

  async metrics(container: Container): Promise<Metrics> {
    return new Metrics(parseMetrics((await this.request(container, "/metrics")).stdout));
  }

  /** The log lines of all containers of a service. */
  async readLog(service: string): Promise<string[]> {
    const lines = (await this.compose(["logs", "--no-log-prefix", service])).split("\n");
    return lines.filter((line) => line !== "");
  }

  /** Saves the logs as an artifact and removes everything else. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const { stdout } = await this.tryCompose(["logs", "--timestamps"]);
      Deno.mkdirSync(ARTIFACTS, { recursive: true });
      Deno.writeTextFileSync(join(ARTIFACTS, `${this.name}.log`), stdout);
    } finally {
      await this.compose(
        ["--profile", "*", "down", "--volumes", "--rmi", "local", "--remove-orphans", "--timeout", "5"],
      );
      Deno.removeSync(this.folder, { recursive: true });
    }
  }

  #arguments(args: readonly string[]): string[] {
    return ["compose", "--project-name", this.name, ...this.options, ...args];
  }

  #with(options: CommandOptions): CommandOptions {
    return { cwd: this.folder, ...options, env: { ...this.env, ...options.env } };
  }
}

/** Copies a file or a folder. */
function copy(from: string, to: string): void {
  if (Deno.statSync(from).isDirectory) {
    for (const { name } of Deno.readDirSync(from)) copy(join(from, name), join(to, name));
  } else {
    Deno.mkdirSync(join(to, ".."), { recursive: true });
    Deno.copyFileSync(from, to);
  }
}
