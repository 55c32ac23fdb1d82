import { join } from "node:path";
import {
  type KafkaCluster,
  type KafkaServer,
  type PostgresServer,
  startKafkaCluster,
} from "../../local/servers/mod.ts";
import { postgresSettings } from "./addresses.ts";
import { Database } from "./database.ts";
import { ARTIFACTS } from "./project.ts";
import type { OpenedProxy } from "./proxy.ts";
import { reconcile, type ReconcileOptions, type Reconciliation } from "./reconcile.ts";
import { ROUTES, type Rules } from "./rules.ts";
import { ScenarioServices } from "./scenario_services.ts";
import type { TestService } from "./service.ts";
import { BROKER_PROPERTIES, SERVICE_KIND, type SharedServers } from "./shared_servers.ts";
import { tcpProxies } from "./tcp_proxy.ts";
import { deleteTopic, withAdmin } from "./topic.ts";
import { slug, uniqueName } from "./random.ts";
import { waitUntil } from "./wait.ts";

/** Description and requirements of a scenario. Name, failure and result appear in `docs/guarantees.md`. */
export interface ScenarioDefinition {
  /** Test name: `fn() does X when Y`. */
  name: string;
  /** What fails, in a few words. */
  failure: string;
  /** The guaranteed result, in a few words. */
  result: string;
  /** Requirement that not every machine meets; without it the scenario is skipped and its name printed. */
  needs?: "containers" | "processes" | "pgbouncer";
  /** The scenario stops and starts the shared servers, so that resources at its end differ from those at its start. */
  restartsServers?: boolean;
  /** Run the services as processes even if other scenarios run them as containers. */
  services?: "process";
  ignore?: boolean;
}

/** What {@link ScenarioContext.reconcile} has compared so far. */
export const reconciled = { scenarios: new Set<string>(), records: 0 };

/** Topic, database, consumer group, servers and services of one scenario. All of them are removed on disposal. */
export class ScenarioContext extends ScenarioServices implements AsyncDisposable {
  readonly database: Database;
  readonly #servers: SharedServers;
  readonly #stack = new AsyncDisposableStack();

  private constructor(readonly definition: ScenarioDefinition, servers: SharedServers, folder?: string) {
    super({
      id: uniqueName(definition.name.slice(0, 30)),
      kind: definition.services ?? SERVICE_KIND,
      folder: folder ?? join(ARTIFACTS, slug(definition.name)),
      servers,
    });
    this.#servers = servers;
    this.database = new Database(servers.postgres, this.id);
  }

  /** Creates a context with an empty folder; its database and topics do not exist yet. */
  static async create(definition: ScenarioDefinition, servers: SharedServers): Promise<ScenarioContext> {
    const scenario = new ScenarioContext(definition, servers);
    await Deno.remove(scenario.folder, { recursive: true }).catch(() => {});
    await Deno.mkdir(scenario.folder, { recursive: true });
    scenario.log(`INTEGRATION_SEED=${scenario.random.seed}`);
    return scenario;
  }

  get kafka(): KafkaServer {
    return this.#servers.kafka;
  }

  get postgres(): PostgresServer {
    return this.#servers.postgres;
  }

  /** Name of a stream's topic, with this scenario's prefix. */
  topic(rules: Rules = ROUTES): string {
    return this.topicPrefix + rules.topic;
  }

  /** Disposes of a resource at the end of the scenario. */
  use<T extends AsyncDisposable>(resource: T): T {
    return this.#stack.use(resource);
  }

  /**
   * Returns a context that uses other servers than the shared ones. Both are disposed of with this context.
   *
   * @param name subfolder of the logs
   */
  async withServers(
    name: string,
    servers: AsyncDisposable & Pick<SharedServers, "kafka" | "postgres">,
  ): Promise<ScenarioContext> {
    this.use(servers);
    const other = new ScenarioContext(
      this.definition,
      { ...this.#servers, ...servers },
      join(this.folder, name),
    );
    await Deno.mkdir(other.folder, { recursive: true });
    this.#stack.defer(async () => {
      await other.#dispose();
      if (servers.postgres === this.postgres) await other.database.drop();
    });
    return other;
  }

  /**
   * Opens a proxy to a server; see `proxy.ts`. Only services with the returned settings use it.
   *
   * @throws {Error} for a Kafka that is not the shared one: a broker advertises its proxy's address from its start
   */
  async openProxy(server: "kafka" | "postgres"): Promise<OpenedProxy> {
    const { proxies } = this.#servers;
    if (server === "kafka") {
      const { proxyUpstream } = this.kafka;
      if (!proxyUpstream || this.kind !== SERVICE_KIND) {
        throw new Error("Only the shared broker can have a proxy");
      }
      const proxy = this.use(await proxies.open(proxyUpstream, proxies.kafkaAddress));
      return { proxy, settings: { KAFKA_BOOTSTRAP_SERVERS: proxy.address } };
    }
    const { PGHOST, PGPORT } = postgresSettings(this.postgres, this.database.name, this.kind);
    const proxy = this.use(
      await (this.kind === SERVICE_KIND ? proxies : tcpProxies()).open(`${PGHOST}:${PGPORT}`),
    );
    const [host, port] = proxy.address.split(":");
    return { proxy, settings: { PGHOST: host!, PGPORT: port! } };
  }

  /** Returns a context that uses a new Kafka cluster with this number of brokers, and the shared PostgreSQL. */
  async withCluster(brokers: number): Promise<{ t: ScenarioContext; cluster: KafkaCluster }> {
    const { postgres, network } = this.#servers;
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

  /** Number of rows in a stream's table; 0 if the table does not exist yet. */
  async countRows(rules: Rules = ROUTES): Promise<number> {
    try {
      return await this.database.number(`SELECT count(*) FROM ${rules.table}`);
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

  /** Waits until every record is stored, and compares the topic with the tables; see `reconcile.ts`. */
  async reconcile(options: Partial<ReconcileOptions> = {}): Promise<Reconciliation> {
    const rules = options.rules ?? ROUTES;
    const reconciliation = await reconcile({
      kafka: this.kafka,
      database: this.database,
      rules,
      topic: this.topic(rules),
      groups: [this.group],
      ...options,
    });
    const { records, stored, rejected, lost } = reconciliation;
    reconciled.scenarios.add(this.definition.name);
    reconciled.records += records;
    this.log(
      `Reconciled: ${records} records of ${rules.name} = ${stored} stored + ${rejected} rejected` +
        (lost > 0 ? ` + ${lost} lost` : ""),
    );
    return reconciliation;
  }

  log(line: string): void {
    console.log(`  ${line}`);
  }

  /** Writes the error and the servers' logs to the folder. */
  async saveFailure(error: unknown): Promise<void> {
    await Deno.writeTextFile(
      join(this.folder, "failure.txt"),
      Deno.inspect(error, { strAbbreviateSize: 1e6 }),
    );
    await Deno.writeTextFile(join(this.folder, "kafka.log"), this.kafka.logs());
    await Deno.writeTextFile(join(this.folder, "postgres.log"), this.postgres.logs());
    this.log(`Failed. Logs: ${this.folder}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A failed scenario may have stopped them.
    await Promise.all([this.kafka.start(), this.postgres.start()]);
    await this.#dispose();
    await this.database.drop();
    const topics = await withAdmin(this.kafka.bootstrapServers, (admin) => admin.listTopics());
    for (const topic of topics.filter((topic) => topic.startsWith(this.topicPrefix))) {
      await deleteTopic(this.kafka.bootstrapServers, topic);
    }
  }

  async #dispose(): Promise<void> {
    await this.stopAll();
    await this.#stack.disposeAsync();
  }
}
