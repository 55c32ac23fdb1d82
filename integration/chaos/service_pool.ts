import type { OpenedProxy } from "../harness/proxy.ts";
import { readProgress } from "../harness/read_tables.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import type { ServiceSettings, TestService } from "../harness/service.ts";
import { withAdmin } from "../harness/topic.ts";
import { waitUntil } from "../harness/wait.ts";

/** Maximum number of consumers, including the long-lived one. */
const CONSUMERS_MAX = 4;

/** Faults last a few seconds, so the timeouts must be short, too. */
const SHORT_TIMEOUTS: ServiceSettings = {
  CONSUMER_SESSION_TIMEOUT_MS: 3_000,
  CONSUMER_TRANSACTION_TIMEOUT_MS: 10_000,
  KAFKA_REQUEST_TIMEOUT_MS: 5_000,
};

/**
 * The services of a chaos run, connected through proxies. One consumer and one producer are long-lived: they are never stopped, so
 * that leaks become visible. The others are replaced.
 */
export class ServicePool {
  readonly consumers: TestService[] = [];
  readonly producers: TestService[] = [];

  private constructor(
    readonly scenario: ScenarioContext,
    readonly kafka: OpenedProxy,
    readonly postgres: OpenedProxy,
    private readonly rate: number,
  ) {}

  /** Starts two consumers and two producers; the first of each is long-lived. */
  static async start(scenario: ScenarioContext, rate: number): Promise<ServicePool> {
    const pool = new ServicePool(
      scenario,
      await scenario.openProxy("kafka"),
      await scenario.openProxy("postgres"),
      rate,
    );
    for (let i = 0; i < 2; i++) {
      await pool.addConsumer();
      await pool.addProducer();
    }
    await scenario.waitForRows(pool.all);
    return pool;
  }

  get all(): TestService[] {
    return [...this.consumers, ...this.producers];
  }

  /** The services that are never stopped. */
  get longLived(): TestService[] {
    return [this.consumers[0]!, this.producers[0]!];
  }

  get isFull(): boolean {
    return this.consumers.length >= CONSUMERS_MAX;
  }

  async addConsumer(): Promise<void> {
    this.consumers.push(
      await this.scenario.startConsumer({
        ...SHORT_TIMEOUTS,
        ...this.kafka.settings,
        ...this.postgres.settings,
      }),
    );
  }

  async addProducer(): Promise<void> {
    this.producers.push(
      await this.scenario.startLoad(0, {
        ...this.kafka.settings,
        KAFKA_REQUEST_TIMEOUT_MS: SHORT_TIMEOUTS.KAFKA_REQUEST_TIMEOUT_MS!,
        PRODUCER_RATE: this.rate / 2,
        PRODUCER_SEED: this.scenario.random.between(0, 2 ** 31),
      }),
    );
  }

  /**
   * Stops a random service that is not long-lived, and removes it from the list.
   *
   * @throws {Error} if the exit code after SIGTERM is not 0, unless a producer reports records that Kafka did not acknowledge
   */
  async stop(services: TestService[], signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const [service] = services.splice(this.scenario.random.between(1, services.length - 1), 1);
    const { code } = await service!.stop(signal, 60_000);
    const hasUnacknowledged = /not acknowledged by Kafka/.test(service!.log);
    if (signal === "SIGTERM" && code !== 0 && !(code === 1 && hasUnacknowledged)) {
      throw new Error(`${service!.name} exited with code ${code}:\n${service!.lines.slice(-20).join("\n")}`);
    }
  }

  /**
   * Waits until all services have recovered: every record in the topic and a later one in each partition is stored or rejected, all
   * services are ready, and every producer has sent a record.
   */
  async waitForRecovery(timeoutMs = 120_000): Promise<void> {
    const { kafka, database, group } = this.scenario;
    const topic = this.scenario.topic();
    const wait = {
      timeoutMs,
      everyMs: 100,
      unless: () => this.all.forEach((service) => service.assertRunning()),
    };
    // A restarted broker may not be leader of its partitions yet.
    const ends = await waitUntil(
      "the end offsets of the topic",
      () => withAdmin(kafka.bootstrapServers, (admin) => admin.fetchTopicOffsets(topic)),
      wait,
    );
    const readSentRecords = (producer: TestService) =>
      producer.metrics().then((metrics) => metrics.sum("producer_records_sent_total"));
    await Promise.all([
      waitUntil("records after the fault to be stored in every partition", async () => {
        const progress = await readProgress(database, group, topic);
        return ends.every(({ partition, high }) => (progress.get(partition) ?? 0) > Number(high));
      }, wait),
      ...this.producers.map(async (producer) => {
        const before = await waitUntil(
          `${producer.name} to serve metrics`,
          () => readSentRecords(producer).then((count) => ({ count })),
          wait,
        );
        await waitUntil(
          `${producer.name} to send`,
          async () => await readSentRecords(producer) > before.count,
          wait,
        );
      }),
      ...this.all.map((service) => service.waitForReady(true, timeoutMs)),
    ]);
  }
}
