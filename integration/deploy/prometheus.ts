/**
 * Debian's Prometheus and promtool.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/
 * @module
 */
import { join } from "node:path";
import { freePort } from "../../local/servers/mod.ts";
import { PROJECT } from "../harness/project.ts";
import { waitUntil } from "../harness/wait.ts";

/** Folder of the configuration, the alert rules and the Grafana dashboard. */
export const OBSERVE: string = join(PROJECT, "deploy", "observe");

/** Why Prometheus cannot be run; `undefined` if it is installed. */
export async function whyNoPrometheus(): Promise<string | undefined> {
  try {
    await new Deno.Command("promtool", { args: ["--version"], stdout: "null", stderr: "null" }).output();
    return undefined;
  } catch {
    return "promtool is not installed (apt-get install prometheus)";
  }
}

/** Runs promtool in {@link OBSERVE}; returns its output. @throws {Error} with the output if it fails */
export async function promtool(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("promtool", { args, cwd: OBSERVE }).output();
  const output = `${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`;
  if (!success) throw new Error(output);
  return output;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Time and value. */
  readonly value: readonly [number, string];
}

/** A Prometheus that scrapes services every second and evaluates the alert rules. Stopped on disposal. */
export class Prometheus implements AsyncDisposable {
  private constructor(
    private readonly url: string,
    private readonly child: Deno.ChildProcess,
    private readonly folder: string,
  ) {}

  /** @param jobs addresses (`host:port`) of the services by name of the job */
  static async start(jobs: Readonly<Record<string, readonly string[]>>): Promise<Prometheus> {
    const folder = await Deno.makeTempDir({ prefix: "prometheus-" });
    const configuration = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [join(OBSERVE, "alerts.yml")],
      scrape_configs: Object.entries(jobs).map(([job_name, targets]) => ({
        job_name,
        static_configs: [{ targets }],
      })),
    };
    const file = join(folder, "prometheus.yml");
    await Deno.writeTextFile(file, JSON.stringify(configuration));
    const address = `127.0.0.1:${freePort()}`;
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=${address}`,
        "--log.level=error",
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const prometheus = new Prometheus(`http://${address}`, child, folder);
    await waitUntil(
      "Prometheus to be ready",
      async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.text() !== undefined,
    );
    return prometheus;
  }

  /** The result of an instant query. @throws {Error} with Prometheus' message if it is invalid */
  async query(expression: string): Promise<readonly Sample[]> {
    const { result } = await this.#get<{ result: readonly Sample[] }>(
      `query?query=${encodeURIComponent(expression)}`,
    );
    return result;
  }

  /** The alert rules by name, with the error of the last evaluation. */
  async rules(): Promise<ReadonlyMap<string, { readonly health: string; readonly state: string }>> {
    const { groups } = await this.#get<
      { groups: readonly { rules: readonly { name: string; health: string; state: string }[] }[] }
    >("rules");
    return new Map(groups.flatMap(({ rules }) => rules.map((rule) => [rule.name, rule])));
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    const { status, data, error } = await response.json();
    if (status !== "success") throw new Error(error);
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    await this.child.status;
    await Deno.remove(this.folder, { recursive: true });
  }
}
