import { type Admin, Kafka, logLevel } from "kafkajs";
import pg from "pg";
import { patchKafkajs } from "../shared/kafka/kafkajs/patch_kafkajs.ts";
import { partitionKey, readTopicProgress, type TopicPartition } from "../shared/schema/progress.ts";

/** Progress of the pipeline according to Kafka and PostgreSQL. */
export interface Progress {
  /** Records ever produced: the sum of the high watermarks. */
  produced: number;
  /** Records in Kafka that are not stored or rejected yet. */
  lag: number;
}

/** Watermarks of a partition. */
export interface PartitionWatermarks extends TopicPartition {
  low: number;
  high: number;
}

/** Reads the progress of a consumer group in some topics. */
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

  /** Connects to Kafka. {@link read} connects to PostgreSQL, since the consumer may not have created the database yet. */
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

  /** Reads the current progress. A missing topic, database or table counts as empty. */
  async read(): Promise<Progress> {
    // The offsets first: records produced in between increase the lag and never make it negative.
    const nextOffsets = await this.#nextOffsets();
    return progressOf(await this.#watermarks(), (partition) => nextOffsets.get(partitionKey(partition)) ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect();
  }

  async #watermarks(): Promise<PartitionWatermarks[]> {
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

/** Sums up partitions. `nextOffset` returns a partition's next offset according to PostgreSQL. */
export function progressOf(
  partitions: PartitionWatermarks[],
  nextOffset: (partition: PartitionWatermarks) => number,
): Progress {
  let [produced, lag] = [0, 0];
  for (const partition of partitions) {
    const { low, high } = partition;
    produced += high;
    lag += high - Math.min(high, Math.max(low, nextOffset(partition)));
  }
  return { produced, lag };
}

/** `invalid_catalog_name` (no such database) or `undefined_table`. */
function isMissing(error: unknown): boolean {
  return ["3D000", "42P01"].includes((error as { code?: string }).code ?? "");
}
