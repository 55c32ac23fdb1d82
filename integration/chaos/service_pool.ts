import type { OpenedProxy } from "../harness/proxy.ts";
import { readProgress } from "../harness/read_tables.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import type { ServiceSettings, TestService } from "../harness/service.ts";
import { withAdmin } from "../harness/topic.ts";
import { waitUntil } from "../harness/wait.ts";

/** Consumers that there are at most, the steady one among them. */
const MOST_CONSUMERS = 4;

/** Faults last seconds: nobody may be more patient than that. */
const IMPATIENT: ServiceSettings = {
  CONSUMER_SESSION_TIMEOUT_MS: 3_000,
  CONSUMER_TRANSACTION_TIMEOUT_MS: 10_000,
  KAFKA_REQUEST_TIMEOUT_MS: 5_000,
};

/**
 * The services of a run, all of which reach their servers through proxies. One consumer and one producer are steady: they are never
 * ended, so that a leak would show in them. Others come and go.
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

  /** Starts two consumers and two producers; the first of each is steady. */
  static async start(scenario: ScenarioContext, rate: number): Promise<ServicePool> {
    const crew = new ServicePool(
      scenario,
      await scenario.openProxy("kafka"),
      await scenario.openProxy("postgres"),
      rate,
    );
    for (let i = 0; i < 2; i++) {
      await crew.addConsumer();
      await crew.addProducer();
    }
    await scenario.waitForRows(crew.all);
    return crew;
  }

  get all(): TestService[] {
    return [...this.consumers, ...this.producers];
  }

  /** The services that are never ended. */
  get longLived(): TestService[] {
    return [this.consumers[0]!, this.producers[0]!];
  }

  /** Whether one more consumer would be too many. */
  get full(): boolean {
    return this.consumers.length >= MOST_CONSUMERS;
  }

  async addConsumer(): Promise<void> {
    this.consumers.push(
      await this.scenario.startConsumer({ ...IMPATIENT, ...this.kafka.settings, ...this.postgres.settings }),
    );
  }

  async addProducer(): Promise<void> {
    this.producers.push(
      await this.scenario.startLoad(0, {
        ...this.kafka.settings,
        KAFKA_REQUEST_TIMEOUT_MS: IMPATIENT.KAFKA_REQUEST_TIMEOUT_MS!,
        PRODUCER_RATE: this.rate / 2,
        PRODUCER_SEED: this.scenario.random.between(0, 2 ** 31),
      }),
    );
  }

  /**
   * Ends one of those that are not steady, and takes it from the list.
   *
   * @throws When it does not end well after SIGTERM. A producer may when Kafka is away, if it says what is lost.
   */
  async end(services: TestService[], signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const [service] = services.splice(this.scenario.random.between(1, services.length - 1), 1);
    const { code } = await service!.stop(signal, 60_000);
    const owned = /did not acknowledge them in time/.test(service!.log);
    if (signal === "SIGTERM" && code !== 0 && !(code === 1 && owned)) {
      throw new Error(`${service!.name} ended with code ${code}:\n${service!.lines.slice(-20).join("\n")}`);
    }
  }

  /**
   * Waits until all have got over what happened: all that was in the topic is stored or quarantined, and in each partition something
   * that came after it as well; every service is ready; and every producer has sent something.
   */
  async recovered(timeoutMs = 120_000): Promise<void> {
    const { kafka, database, group } = this.scenario;
    const topic = this.scenario.topic();
    const wait = {
      timeoutMs,
      everyMs: 100,
      unless: () => this.all.forEach((service) => service.assertRunning()),
    };
    // A broker that has just come back may not lead its partitions yet.
    const ends = await waitUntil(
      "the ends of the topic",
      () => withAdmin(kafka.bootstrapServers, (admin) => admin.fetchTopicOffsets(topic)),
      wait,
    );
    const sent = (producer: TestService) =>
      producer.metrics().then((metrics) => metrics.sum("producer_records_sent_total"));
    await Promise.all([
      waitUntil("what came after the fault to be stored in every partition", async () => {
        const progress = await readProgress(database, group, topic);
        return ends.every(({ partition, high }) => (progress.get(partition) ?? 0) > Number(high));
      }, wait),
      ...this.producers.map(async (producer) => {
        const before = await waitUntil(
          `${producer.name} to answer`,
          () => sent(producer).then((count) => ({ count })),
          wait,
        );
        await waitUntil(`${producer.name} to send`, async () => await sent(producer) > before.count, wait);
      }),
      ...this.all.map((service) => service.waitForReady(true, timeoutMs)),
    ]);
  }
}
