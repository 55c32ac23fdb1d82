import { type Admin, Kafka, logLevel } from "kafkajs";
import pg from "pg";
import { partitionKey, readTopicProgress } from "../shared/schema/progress.ts";
import { patchKafkajs } from "../shared/kafka/kafkajs/patch_kafkajs.ts";

/** How far the pipeline has come, as Kafka and PostgreSQL themselves say. */
export interface Progress {
  /** Records ever produced: the sum of the ends of all partitions. */
  produced: number;
  /** Records that are kept in Kafka and not accounted for in PostgreSQL yet. */
  waiting: number;
}

/** Offsets of a partition. */
export interface Partition {
  topic: string;
  partition: number;
  /** Of the oldest record that is kept. */
  low: number;
  /** Of the next record to be produced. */
  high: number;
}

/** Asks both servers how far a consumer group has come in some topics. */
export class ProgressReader implements AsyncDisposable {
  readonly #admin: Admin;
  readonly #database: pg.ClientConfig;
  readonly #group: string;
  readonly #topics: string[];

  private constructor(admin: Admin, database: pg.ClientConfig, group: string, topics: string[]) {
    this.#admin = admin;
    this.#database = database;
    this.#group = group;
    this.#topics = topics;
  }

  /** Connects to Kafka; to PostgreSQL only for each answer, since the database may not be there yet. */
  static async connect(
    bootstrapServers: string,
    database: pg.ClientConfig,
    group: string,
    topics: string[],
  ): Promise<ProgressReader> {
    patchKafkajs();
    const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    return new ProgressReader(admin, database, group, topics);
  }

  /** How far they are now. What is missing, topic, database or table, counts as empty. */
  async read(): Promise<Progress> {
    // In this order, so that what is produced meanwhile counts as waiting and not as more than there is.
    const next = await this.#nextOffsets();
    return progressOf(await this.#partitions(), (at) => next.get(partitionKey(at)) ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect();
  }

  async #partitions(): Promise<Partition[]> {
    const existing = await this.#admin.listTopics();
    const topics = this.#topics.filter((topic) => existing.includes(topic));
    const offsets = await Promise.all(topics.map((topic) => this.#admin.fetchTopicOffsets(topic)));
    return topics.flatMap((topic, index) =>
      offsets[index]!.map(({ partition, low, high }) => ({
        topic,
        partition,
        low: Number(low),
        high: Number(high),
      }))
    );
  }

  async #nextOffsets(): Promise<Map<string, number>> {
    const client = new pg.Client(this.#database);
    try {
      await client.connect();
      const rows = await readTopicProgress(client, this.#group, this.#topics);
      return new Map(rows.map((row) => [partitionKey(row), row.nextOffset]));
    } catch (error) {
      if (isMissing(error)) return new Map();
      throw error;
    } finally {
      await client.end();
    }
  }
}

/** Sums up partitions, of which `next` gives the offset that PostgreSQL wants next. */
export function progressOf(partitions: Partition[], next: (partition: Partition) => number): Progress {
  let [produced, waiting] = [0, 0];
  for (const partition of partitions) {
    produced += partition.high;
    waiting += partition.high - Math.min(partition.high, Math.max(partition.low, next(partition)));
  }
  return { produced, waiting };
}

/** Whether PostgreSQL says that there is no such database or table. */
function isMissing(error: unknown): boolean {
  return ["3D000", "42P01"].includes((error as { code?: string }).code ?? "");
}
