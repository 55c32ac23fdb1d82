/**
 * Runs the dashboard as a process and reads its events.
 *
 * @module
 */
import { kafkaSettings, postgresSettings } from "../harness/addresses.ts";
import { PROJECT } from "../harness/project.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { CHILD, inheritedEnvironment, TestService, toEnvironment } from "../harness/service.ts";
import { freePort } from "../../local/servers/mod.ts";
import { buildPage } from "../../local/dashboard.ts";

/** A running dashboard. */
export interface TestDashboard {
  readonly url: string;
  readonly service: TestService;
}

/**
 * Starts a dashboard with the permissions of `deno.json`. It is stopped with the scenario.
 *
 * @param services whose metrics are shown
 */
export async function startDashboard(
  s: ScenarioContext,
  services: readonly { http: string }[] = [],
  settings: Record<string, string | number> = {},
): Promise<TestDashboard> {
  await buildPage();
  const [port, probes] = [freePort(), freePort()];
  const all = {
    ...kafkaSettings(s.kafka, "process"),
    ...postgresSettings(s.postgres, s.database.name, "process"),
    KAFKA_TOPIC_PREFIX: s.topicPrefix,
    CONSUMER_GROUP_ID: s.group,
    DASHBOARD_PORT: port,
    DASHBOARD_POLL_MS: 250,
    DASHBOARD_SERVICES: services.map(({ http }) => `${http}/metrics`).join(),
    HTTP_PORT: probes,
    LOG_FORMAT: "json",
    ...settings,
  };
  const service = s.use(
    new TestService("dashboard", {
      command: Deno.execPath(),
      args: ["run", "--quiet", "-P=dashboard", "dashboard/main.ts"],
      env: { ...inheritedEnvironment(), ...toEnvironment(all) },
      cwd: PROJECT,
      http: `http://127.0.0.1:${probes}`,
      ...CHILD,
    }, s.folder),
  );
  await service.waitForLog(/"event":"started"/);
  return { url: `http://127.0.0.1:${port}`, service };
}

/** A message of the dashboard to its pages. */
export interface Message {
  readonly event: string;
  // deno-lint-ignore no-explicit-any -- any message
  readonly data: any;
}

/** Reads the events of a dashboard as a page does. */
export class Events implements AsyncDisposable {
  readonly messages: Message[] = [];
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #reading: Promise<void>;

  constructor(url: string) {
    this.#reading = this.#read(url);
  }

  /** All rows of a stream received so far. */
  rows(stream: string): [key: string, ...values: number[]][] {
    return this.messages.flatMap(({ data }) => data.rows[stream] ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader?.cancel().catch(() => {});
    await this.#reading.catch(() => {});
  }

  async #read(url: string): Promise<void> {
    const { body } = await fetch(`${url}/events`);
    this.#reader = body!.getReader();
    const decoder = new TextDecoder();
    for (let text = "";;) {
      const { value, done } = await this.#reader.read();
      if (done) return;
      const blocks = (text + decoder.decode(value, { stream: true })).split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) {
        const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (event !== undefined) this.messages.push({ event, data: JSON.parse(data!) });
      }
    }
  }
}
