/**
 * A scenario: a fault, what must come of it, and the test that shows it, with a topic, a database and a consumer group of its own
 * on the shared servers.
 *
 * @module
 */
import { join } from "node:path";
import {
  type KafkaCluster,
  type KafkaServer,
  type PostgresServer,
  startKafkaCluster,
} from "../../local/servers/mod.ts";
import { kafkaSettings, postgresSettings } from "./addresses.ts";
import { Database } from "./database.ts";
import { slug, uniqueName } from "./unique_name.ts";
import { reconcile, type ReconcileOptions, type Reconciliation } from "./reconcile.ts";
import { pgbouncerAvailable } from "./pgbouncer.ts";
import { ARTIFACTS, PROJECT } from "./project.ts";
import type { OpenedProxy } from "./proxy.ts";
import { ROUTES, type Rules } from "./rules.ts";
import { type Random, readSeed, seededRandom } from "./random.ts";
import {
  type Launch,
  processLaunch,
  type ServiceKind,
  type ServiceName,
  type ServiceSettings,
  TestService,
} from "./service.ts";
import { tcpProxies } from "./tcp_proxy.ts";
import { deleteTopic, withAdmin } from "./topic.ts";
import { waitUntil, within } from "./wait.ts";
import { BROKER_PROPERTIES, SERVICE_KIND, type SharedServers, sharedServers } from "./shared_servers.ts";

/** What a scenario shows, and what it needs. */
export interface ScenarioDefinition {
  /** Name of the test: `fn() does X when Y`. */
  name: string;
  /** What goes wrong, in a few words. */
  failure: string;
  /** What comes of it, in a few words. */
  result: string;
  /** What not every machine has; without it the scenario is skipped, and its name printed. */
  needs?: "containers" | "processes" | "pgbouncer";
  /** It stops and starts the shared servers: what they are made of is then not what it was when the scenario began. */
  restartsServers?: boolean;
  /** Services run as programs of this machine, also where others run as containers. */
  services?: "process";
  /** The scenario is skipped. */
  ignore?: boolean;
}

/** Everything that was declared, in order. */
export const scenarios: ScenarioDefinition[] = [];

/** What oracles have compared so far. */
const compared = { scenarios: new Set<string>(), records: 0 };

Deno.test.afterAll(() => {
  const skipped = scenarios.filter(shouldSkip);
  console.log(
    `Compared ${
      compared.records.toLocaleString("en")
    } records of ${compared.scenarios.size} scenarios row for row; ` +
      `${skipped.length} skipped${
        skipped.map(({ name, needs }) => `\n  ${name} (needs ${needs})`).join("")
      }.`,
  );
});

const shouldSkip = ({ needs }: ScenarioDefinition) =>
  needs === "containers" && SERVICE_KIND !== "container" ||
  needs === "processes" && SERVICE_KIND === "container" ||
  needs === "pgbouncer" && !pgbouncerAvailable();

/** Declares a scenario as a test. */
export function scenario(about: ScenarioDefinition, run: (scenario: Scenario) => Promise<void>): void {
  scenarios.push(about);
  Deno.test({
    name: about.name,
    ignore: about.ignore === true || shouldSkip(about),
    ...about.restartsServers && { sanitizeOps: false, sanitizeResources: false },
    fn: async () => {
      await using context = await Scenario.create(about, sharedServers());
      try {
        await run(context);
      } catch (error) {
        await context.saveFailure(error);
        throw error;
      }
    },
  });
}

/** Partitions of a scenario's topics. */
export const PARTITIONS = 4;

/** What a scenario works with. */
export class Scenario implements AsyncDisposable {
  /** Distinguishes its topics, database and group from all others. */
  readonly id: string;
  readonly topicPrefix: string;
  readonly group: string;
  readonly database: Database;
  /** For the moments at which things happen; its seed is printed. */
  readonly random: Random;
  /** Where logs are kept. */
  readonly folder: string;
  readonly #services: TestService[] = [];
  readonly #stack = new AsyncDisposableStack();
  readonly #kind: ServiceKind;

  private constructor(
    readonly about: ScenarioDefinition,
    private readonly world: SharedServers,
    folder?: string,
  ) {
    this.#kind = about.services ?? SERVICE_KIND;
    this.id = uniqueName(about.name.slice(0, 30));
    this.topicPrefix = `${this.id}-`;
    this.group = `${this.id}-group`;
    this.database = new Database(world.postgres, this.id);
    this.random = seededRandom(readSeed());
    this.folder = folder ?? join(ARTIFACTS, slug(about.name));
  }

  /** Begins a scenario: its folder is empty, its database and topics are not there yet. */
  static async create(about: ScenarioDefinition, world: SharedServers): Promise<Scenario> {
    const scenario = new Scenario(about, world);
    await Deno.remove(scenario.folder, { recursive: true }).catch(() => {});
    await Deno.mkdir(scenario.folder, { recursive: true });
    scenario.log(`INTEGRATION_SEED=${scenario.random.seed}`);
    return scenario;
  }

  get kafka(): KafkaServer {
    return this.world.kafka;
  }

  get postgres(): PostgresServer {
    return this.world.postgres;
  }

  /** A stream's topic, with this scenario's prefix. */
  topic(rules: Rules = ROUTES): string {
    return this.topicPrefix + rules.topic;
  }

  /** Has something disposed of at the end. */
  use<T extends AsyncDisposable>(resource: T): T {
    return this.#stack.use(resource);
  }

  /**
   * The scenario on servers of its own, in place of the shared ones: their addresses are what services are given.
   * Servers and services are disposed of with this one.
   *
   * @param name Folder of the logs within this scenario's.
   */
  async withServers(
    name: string,
    servers: AsyncDisposable & Pick<SharedServers, "kafka" | "postgres">,
  ): Promise<Scenario> {
    this.use(servers);
    const other = new Scenario(this.about, { ...this.world, ...servers }, join(this.folder, name));
    await Deno.mkdir(other.folder, { recursive: true });
    this.#stack.defer(async () => {
      await other.#end();
      if (servers.postgres === this.postgres) await other.database.drop();
    });
    return other;
  }

  /**
   * Puts a proxy in front of a server; only services that are given its settings go through it. See `proxy.ts`.
   *
   * @param server Kafka only on the shared servers: a broker has to know of its proxy beforehand.
   */
  async openProxy(server: "kafka" | "postgres"): Promise<OpenedProxy> {
    const { proxies } = this.world;
    if (server === "kafka") {
      const { proxyUpstream } = this.kafka;
      if (!proxyUpstream || this.#kind !== SERVICE_KIND) {
        throw new Error(
          "This scenario's services can't reach its broker through a proxy: use the shared one",
        );
      }
      const proxy = this.use(await proxies.open(proxyUpstream, proxies.kafkaAddress));
      return { proxy, settings: { KAFKA_BOOTSTRAP_SERVERS: proxy.address } };
    }
    const { PGHOST, PGPORT } = postgresSettings(this.postgres, this.database.name, this.#kind);
    const proxy = this.use(
      await (this.#kind === SERVICE_KIND ? proxies : tcpProxies()).open(`${PGHOST}:${PGPORT}`),
    );
    const [host, port] = proxy.address.split(":");
    return { proxy, settings: { PGHOST: host!, PGPORT: port! } };
  }

  /** The scenario on a Kafka of its own, of so many brokers, and on the shared PostgreSQL. */
  async withCluster(brokers: number): Promise<{ t: Scenario; cluster: KafkaCluster }> {
    const { postgres, network } = this.world;
    const cluster = await startKafkaCluster(brokers, {
      properties: BROKER_PROPERTIES,
      ...network && { kind: "container", network, networkAlias: "cluster" },
    });
    const t = await this.withServers("cluster", {
      kafka: cluster,
      postgres,
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    });
    return { t, cluster };
  }

  /** Starts a consumer; it is ended with the scenario. */
  async startConsumer(settings: ServiceSettings = {}, args: string[] = []): Promise<TestService> {
    return await this.#start("consumer", {
      CONSUMER_GROUP_ID: this.group,
      CONSUMER_SESSION_TIMEOUT_MS: 6_000,
      ...kafkaSettings(this.kafka, this.#kind),
      ...postgresSettings(this.postgres, this.database.name, this.#kind),
      ...settings,
    }, args);
  }

  /**
   * Starts the consumer of another version, as a program of this machine.
   *
   * @param project Folder of that version's files.
   */
  startConsumerOf(project: string, settings: ServiceSettings = {}): TestService {
    const all: ServiceSettings = {
      CONSUMER_GROUP_ID: this.group,
      CONSUMER_SESSION_TIMEOUT_MS: 6_000,
      ...kafkaSettings(this.kafka, "process"),
      ...postgresSettings(this.postgres, this.database.name, "process"),
      ...this.#common(settings),
    };
    const launch = processLaunch("consumer", [], all, project);
    // Its packages come from Deno's cache, so that it needs no node_modules of its own.
    const [run, ...args] = launch.args;
    return this.#add("consumer", { ...launch, args: [run!, "--node-modules-dir=none", ...args] });
  }

  /** Starts a producer; it is ended with the scenario. */
  async startProducer(settings: ServiceSettings = {}, args: string[] = []): Promise<TestService> {
    return await this.#start("producer", {
      PRODUCER_SEED: this.random.seed,
      ...kafkaSettings(this.kafka, this.#kind),
      ...settings,
    }, args);
  }

  /** Runs `deno task rejects` as a program of this machine, waits until it has ended well, and returns what it prints. */
  async runRejects(args: string[] = [], settings: ServiceSettings = {}): Promise<string> {
    const rejects = await this.#start("rejects", {
      ...kafkaSettings(this.kafka, "process"),
      ...postgresSettings(this.postgres, this.database.name, "process"),
      ...settings,
    }, args);
    await this.waitForExit(rejects);
    return rejects.log;
  }

  /** Starts `deno task doctor`, as a program of this machine; it ends by itself. */
  async startDoctor(settings: ServiceSettings, args: string[] = []): Promise<TestService> {
    return await this.#start("doctor", {
      CONSUMER_GROUP_ID: this.group,
      ...kafkaSettings(this.kafka, "process"),
      ...postgresSettings(this.postgres, this.database.name, "process"),
      ...settings,
    }, args);
  }

  /** Starts a producer under the load that scenarios have in common: 5,000 records/s, one of a hundred malformed. */
  async startLoad(count: number, settings: ServiceSettings = {}): Promise<TestService> {
    return await this.startProducer({
      PRODUCER_RATE: 5_000,
      PRODUCER_COUNT: count,
      PRODUCER_MALFORMED_RATIO: 0.01,
      PRODUCER_USERS: 500,
      ...settings,
    });
  }

  /** Has a producer send `count` records, and waits until it has ended well. */
  async produce(count: number, settings: ServiceSettings = {}): Promise<void> {
    await this.waitForExit(await this.startLoad(count, settings));
  }

  /** Waits until a service that ends by itself has ended well. */
  async waitForExit(service: TestService, timeoutMs = 120_000): Promise<void> {
    const code = await within(`${service.name} to end`, timeoutMs, service.exited);
    if (code !== 0) {
      throw new Error(`${service.name} ended with code ${code}:\n${service.lines.slice(-20).join("\n")}`);
    }
  }

  /** Stops a producer, and returns how many records it says it has sent. */
  async stopProducer(producer: TestService): Promise<number> {
    const { code } = await producer.stop();
    if (code !== 0) {
      throw new Error(`${producer.name} ended with code ${code}:\n${producer.lines.slice(-20).join("\n")}`);
    }
    const sent = producer.log.match(/"event":"stopped".*"sent":(\d+)/);
    if (!sent) throw new Error(`${producer.name} does not say how many records it has sent`);
    return Number(sent[1]);
  }

  /** Rows that are in a stream's table by now; 0 as long as there is no table. */
  async countRows(rules: Rules = ROUTES): Promise<number> {
    try {
      return await this.database.number(`SELECT count(*) FROM "${rules.table}"`);
    } catch {
      return 0;
    }
  }

  /** Waits until some more rows are stored, while these services live. */
  async waitForRows(services: readonly TestService[], timeoutMs = 60_000): Promise<void> {
    const before = await this.countRows();
    await waitUntil("rows to be stored", async () => await this.countRows() > before, {
      timeoutMs,
      unless: () => services.forEach((service) => service.assertRunning()),
    });
  }

  /** Ends the scenario: waits until all is stored, and compares topic and tables. See `oracle.ts`. */
  async reconcile(options: Partial<ReconcileOptions> = {}): Promise<Reconciliation> {
    const rules = options.rules ?? ROUTES;
    const verdict = await reconcile({
      kafka: this.kafka,
      database: this.database,
      rules,
      topic: this.topic(rules),
      groups: [this.group],
      ...options,
    });
    const { records, stored, rejected, lost } = verdict;
    compared.scenarios.add(this.about.name);
    compared.records += records;
    this.log(
      `oracle: ${records} records of ${rules.stream} = ${stored} stored + ${rejected} rejected` +
        (lost > 0 ? ` + ${lost} lost` : ""),
    );
    return verdict;
  }

  /** Prints a line about what goes on. */
  log(line: string): void {
    console.log(`  ${line}`);
  }

  /** Keeps what may explain a failure, and says where. */
  async saveFailure(error: unknown): Promise<void> {
    await Deno.writeTextFile(
      join(this.folder, "failure.txt"),
      Deno.inspect(error, { strAbbreviateSize: 1e6 }),
    );
    await Deno.writeTextFile(join(this.folder, "kafka.log"), this.kafka.logs());
    await Deno.writeTextFile(join(this.folder, "postgres.log"), this.postgres.logs());
    this.log(`failed; logs are in ${this.folder}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Should a failed scenario have left them down.
    await Promise.all([this.kafka.start(), this.postgres.start()]);
    await this.#end();
    await this.database.drop();
    const topics = await withAdmin(this.kafka.bootstrapServers, (admin) => admin.listTopics());
    for (const topic of topics.filter((topic) => topic.startsWith(this.topicPrefix))) {
      await deleteTopic(this.kafka.bootstrapServers, topic);
    }
  }

  async #end(): Promise<void> {
    await Promise.all(this.#services.map((service) => service[Symbol.asyncDispose]()));
    await this.#stack.disposeAsync();
  }

  /** Settings of all services of a scenario. */
  #common(settings: ServiceSettings): ServiceSettings {
    return {
      KAFKA_TOPIC_PREFIX: this.topicPrefix,
      KAFKA_TOPIC_PARTITIONS: PARTITIONS,
      LOG_FORMAT: "json",
      LOG_SUMMARY_SECONDS: 1,
      ...settings,
    };
  }

  async #start(name: ServiceName, settings: ServiceSettings, args: string[]): Promise<TestService> {
    const all = this.#common(settings);
    const launch = this.#kind === "container" && (name === "producer" || name === "consumer")
      ? await (await import("./container_service.ts")).containerLaunch(name, args, all, this.world.network!)
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
