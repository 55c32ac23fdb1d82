import { kafkaSettings, postgresSettings } from "./addresses.ts";
import { PROJECT } from "./project.ts";
import { type Random, readSeed, seededRandom } from "./random.ts";
import {
  type Launch,
  processLaunch,
  type ServiceKind,
  type ServiceName,
  type ServiceSettings,
  TestService,
} from "./service.ts";
import type { SharedServers } from "./shared_servers.ts";
import { within } from "./wait.ts";

/** Partitions of a scenario's topics. */
export const PARTITIONS = 4;

export interface ScenarioServicesOptions {
  /** Unique; name of the database, and part of the names of topics and group. */
  readonly id: string;
  /** How services run. */
  readonly kind: ServiceKind;
  /** Folder of the logs. */
  readonly folder: string;
  readonly servers: SharedServers;
}

/** Starts the services of a scenario with its topics, database and consumer group. */
export class ScenarioServices {
  readonly id: string;
  readonly topicPrefix: string;
  readonly group: string;
  readonly folder: string;
  /** Random numbers for the times of faults; the seed is printed. */
  readonly random: Random = seededRandom(readSeed());
  protected readonly kind: ServiceKind;
  readonly #servers: SharedServers;
  readonly #services: TestService[] = [];

  constructor({ id, kind, folder, servers }: ScenarioServicesOptions) {
    this.id = id;
    this.topicPrefix = `${id}-`;
    this.group = `${id}-group`;
    this.folder = folder;
    this.kind = kind;
    this.#servers = servers;
  }

  /** Starts a consumer; it is stopped on disposal, like all services. */
  async startConsumer(settings: ServiceSettings = {}, args: string[] = []): Promise<TestService> {
    return await this.#start("consumer", {
      CONSUMER_GROUP_ID: this.group,
      CONSUMER_SESSION_TIMEOUT_MS: 6_000,
      ...kafkaSettings(this.#servers.kafka, this.kind),
      ...postgresSettings(this.#servers.postgres, this.id, this.kind),
      ...settings,
    }, args);
  }

  /**
   * Starts the consumer of another version, as a process.
   *
   * @param project folder of the other version
   */
  startConsumerOf(project: string, settings: ServiceSettings = {}): TestService {
    const all: ServiceSettings = {
      CONSUMER_GROUP_ID: this.group,
      CONSUMER_SESSION_TIMEOUT_MS: 6_000,
      ...kafkaSettings(this.#servers.kafka, "process"),
      ...postgresSettings(this.#servers.postgres, this.id, "process"),
      ...this.#withDefaults(settings),
    };
    const launch = processLaunch("consumer", [], all, project);
    // Use npm packages from Deno's cache; the folder has no node_modules.
    const [run, ...args] = launch.args;
    return this.#add("consumer", { ...launch, args: [run!, "--node-modules-dir=none", ...args] });
  }

  async startProducer(settings: ServiceSettings = {}, args: string[] = []): Promise<TestService> {
    return await this.#start("producer", {
      PRODUCER_SEED: this.random.seed,
      ...kafkaSettings(this.#servers.kafka, this.kind),
      ...settings,
    }, args);
  }

  /** Runs `deno task rejects` as a process and returns its output. */
  async runRejects(args: string[] = [], settings: ServiceSettings = {}): Promise<string> {
    const rejects = await this.#start("rejects", {
      ...kafkaSettings(this.#servers.kafka, "process"),
      ...postgresSettings(this.#servers.postgres, this.id, "process"),
      ...settings,
    }, args);
    await this.waitForExit(rejects);
    return rejects.log;
  }

  /** Runs `deno task progress` as a process and returns its output. */
  async runProgress(args: string[] = []): Promise<string> {
    const progress = await this.#start("progress", {
      CONSUMER_GROUP_ID: this.group,
      ...kafkaSettings(this.#servers.kafka, "process"),
      ...postgresSettings(this.#servers.postgres, this.id, "process"),
    }, args);
    await this.waitForExit(progress);
    return progress.log;
  }

  /** Starts `deno task doctor` as a process. */
  async startDoctor(settings: ServiceSettings, args: string[] = []): Promise<TestService> {
    return await this.#start("doctor", {
      CONSUMER_GROUP_ID: this.group,
      ...kafkaSettings(this.#servers.kafka, "process"),
      ...postgresSettings(this.#servers.postgres, this.id, "process"),
      ...settings,
    }, args);
  }

  /** Starts a producer with the usual load: 5,000 records/s, 1 % of them malformed. 0 records: until it is stopped. */
  async startLoad(count: number, settings: ServiceSettings = {}): Promise<TestService> {
    return await this.startProducer({
      PRODUCER_RATE: 5_000,
      PRODUCER_COUNT: count,
      PRODUCER_MALFORMED_RATIO: 0.01,
      PRODUCER_USERS: 500,
      ...settings,
    });
  }

  /** Runs a producer that sends `count` records. */
  async produce(count: number, settings: ServiceSettings = {}): Promise<void> {
    await this.waitForExit(await this.startLoad(count, settings));
  }

  /** Waits until a service exits with code 0. */
  async waitForExit(service: TestService, timeoutMs = 120_000): Promise<void> {
    const code = await within(`${service.name} to exit`, timeoutMs, service.exited);
    if (code !== 0) {
      throw new Error(`${service.name} exited with code ${code}:\n${service.lines.slice(-20).join("\n")}`);
    }
  }

  /** Stops a producer and returns the number of sent records from its log. */
  async stopProducer(producer: TestService): Promise<number> {
    const { code } = await producer.stop();
    if (code !== 0) {
      throw new Error(`${producer.name} exited with code ${code}:\n${producer.lines.slice(-20).join("\n")}`);
    }
    const sent = producer.log.match(/"event":"stopped".*"sent":(\d+)/);
    if (!sent) throw new Error(`${producer.name} did not log the number of records that it sent`);
    return Number(sent[1]);
  }

  protected async stopAll(): Promise<void> {
    await Promise.all(this.#services.map((service) => service[Symbol.asyncDispose]()));
  }

  /** Adds the settings that all services of the scenario share. */
  #withDefaults(settings: ServiceSettings): ServiceSettings {
    return {
      KAFKA_TOPIC_PREFIX: this.topicPrefix,
      KAFKA_TOPIC_PARTITIONS: PARTITIONS,
      LOG_FORMAT: "json",
      LOG_SUMMARY_SECONDS: 1,
      ...settings,
    };
  }

  async #start(name: ServiceName, settings: ServiceSettings, args: string[]): Promise<TestService> {
    const all = this.#withDefaults(settings);
    const launch = this.kind === "container" && (name === "producer" || name === "consumer")
      ? await (await import("./container_service.ts"))
        .containerLaunch(name, args, all, this.#servers.network!)
      : processLaunch(name, args, all, PROJECT);
    return this.#add(name, launch);
  }

  #add(name: ServiceName, launch: Launch): TestService {
    const number = this.#services.filter((service) => service.name.startsWith(name)).length + 1;
    const service = new TestService(`${name}-${number}`, launch, this.folder);
    this.#services.push(service);
    return service;
  }
}
