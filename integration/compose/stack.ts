import { join } from "node:path";
import { parseMetrics } from "../../shared/observe/parse_metrics.ts";
import { Metrics } from "../harness/metrics.ts";
import { uniqueName } from "../harness/unique_name.ts";
import { ARTIFACTS, PROJECT } from "../harness/project.ts";
import { waitUntil } from "../harness/wait.ts";
import { type CommandOptions, docker, dockerOk, type Output } from "./engine.ts";

/** What a fresh clone has of what the stack is made of. Certificates and env files of whoever runs this are not in it. */
const CLONED = [
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
  "res/aiven.env.example",
  "res/ssl/README.md",
];

/** Asks the service in a container how it is, as its health check does. */
const ASK = [
  ..."deno run --quiet --no-config --no-prompt --allow-net=127.0.0.1 --allow-env=HTTP_PORT".split(" "),
  "shared/observe/healthcheck.ts",
];

/** A container, as `docker compose ps --format json` shows it; more is there. */
export interface Container {
  readonly ID: string;
  readonly Name: string;
  readonly Service: string;
  readonly State: "running" | "exited" | "created" | "restarting";
  readonly Health: "" | "starting" | "healthy" | "unhealthy";
  readonly ExitCode: number;
}

/** What `docker inspect` shows of a container; more is there. */
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

/** A Compose project of its own, of a copy of the project's folder. */
export class Stack implements AsyncDisposable {
  readonly name = uniqueName("compose");
  readonly folder = Deno.makeTempDirSync({ prefix: "compose-" });
  /** Given to each command of Compose's: `--env-file`, for example. */
  options: string[] = [];

  /** @param env What the user's shell has. */
  constructor(private readonly env: Readonly<Record<string, string>> = {}) {
    for (const path of CLONED) copy(join(PROJECT, path), join(this.folder, path));
  }

  /** A file of the copy. */
  file(path: string): string {
    return join(this.folder, path);
  }

  /** Runs `docker compose …`, which must succeed; returns its standard output. */
  async compose(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return await dockerOk(this.#arguments(args), this.#with(options));
  }

  /** The same, however it ends. */
  async composed(args: readonly string[], options: CommandOptions = {}): Promise<Output> {
    return await docker(this.#arguments(args), this.#with(options));
  }

  /** Runs a service once; a configuration error ends it. */
  async once(...command: string[]): Promise<Output> {
    return await this.composed(["run", "--rm", "--no-TTY", ...command], {
      timeoutMs: 90_000,
      env: { ON_CONFIGURATION_ERROR: "exit" },
    });
  }

  /** Asks the service in a container how it is, as its health check does. */
  async ask({ ID }: Container, path: string): Promise<Output> {
    return await docker(["exec", ID, ...ASK, path]);
  }

  /** Its containers, also those that have ended; of one service, when one is named. */
  async containers(service?: string): Promise<Container[]> {
    const lines = await this.compose(["ps", "--all", "--format", "json"]);
    const all: Container[] = lines.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    return all.filter((container) => service === undefined || container.Service === service);
  }

  /** Waits until it has so many containers, all of them running and healthy. */
  async healthy(count: number, timeoutMs = 60_000): Promise<void> {
    await waitUntil(`${count} healthy containers`, async () => {
      const containers = await this.containers();
      const states = containers.map(({ Name, State, Health }) => `${Name} ${State} ${Health}`);
      if (containers.length === count && containers.every(({ Health }) => Health === "healthy")) return true;
      throw new Error(states.join(", "));
    }, { timeoutMs, pollIntervalMs: 500 });
  }

  /** What `docker inspect` shows of a container. */
  async inspect({ ID }: Container): Promise<Inspected> {
    return JSON.parse(await dockerOk(["inspect", ID]))[0];
  }

  /** What a service in a container says of its metrics. */
  async metrics(container: Container): Promise<Metrics> {
    return new Metrics(parseMetrics((await this.ask(container, "/metrics")).stdout));
  }

  /** The log lines of a service, of all its containers. */
  async logged(service: string): Promise<Record<string, unknown>[]> {
    const lines = (await this.compose(["logs", "--no-log-prefix", service])).split("\n");
    return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  }

  /** Removes all of it; its logs are kept as an artifact. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const { stdout } = await this.composed(["logs", "--timestamps"]);
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

/** Copies a file, or a folder and all that is in it. */
function copy(from: string, to: string): void {
  if (Deno.statSync(from).isDirectory) {
    for (const { name } of Deno.readDirSync(from)) copy(join(from, name), join(to, name));
  } else {
    Deno.mkdirSync(join(to, ".."), { recursive: true });
    Deno.copyFileSync(from, to);
  }
}
