/**
 * A compacted topic with tombstones and the table that has the latest record of each key.
 *
 * The expected rows are computed from the topic as Kafka's Java consumer reads it.
 *
 * @module
 */
import assert from "assert";
import { join } from "node:path";
import { send } from "./produce.ts";
import { PROJECT } from "./project.ts";
import { readTopic } from "./read_topic.ts";
import type { ScenarioContext } from "./scenario_context.ts";
import type { ServiceSettings, TestService } from "./service.ts";
import { createTopic } from "./topic.ts";
import { delay, waitUntil } from "./wait.ts";

/** The stream file of the topic and table `accounts`. */
export const ACCOUNTS = {
  about: "the latest state of accounts",
  topic: "accounts",
  table: "accounts",
  schema: {
    type: "object",
    required: ["id", "version"],
    properties: {
      id: { type: "integer" },
      version: { type: "integer" },
      owner: { type: ["object", "null"] },
    },
  },
  columns: { id: { type: "bigint" }, version: { type: "integer" }, owner: { type: "jsonb" } },
  write: { mode: "upsert", key: ["id"], tombstones: "delete" },
};

/** Compaction starts at once and removes all but the last record of each key, while consumers read. */
const COMPACTED = {
  "cleanup.policy": "compact",
  "min.cleanable.dirty.ratio": "0.01",
  "segment.ms": "1000",
  "max.compaction.lag.ms": "1000",
};

/** Numbers of accounts, and of changes per request. */
const KEYS = 400;
const CHANGES = 200;

/** The topic `accounts` of a scenario, and settings of services that store it. */
export class LatestState implements AsyncDisposable {
  /** Settings of consumers. */
  readonly settings: ServiceSettings;
  readonly topic: string;
  #version = 0;
  #isRunning = false;
  #changes: Promise<void> = Promise.resolve();

  private constructor(private readonly s: ScenarioContext, private readonly folder: string) {
    this.topic = s.topicPrefix + ACCOUNTS.topic;
    this.settings = { STREAMS: "accounts", STREAMS_DIRECTORY: folder, CONSUMER_SESSION_TIMEOUT_MS: 2_000 };
  }

  /**
   * Creates the compacted topic and the stream file.
   *
   * @param file members that replace those of {@link ACCOUNTS}
   */
  static async create(s: ScenarioContext, file: Record<string, unknown> = {}): Promise<LatestState> {
    // Services may only read files in this folder.
    const folder = await Deno.makeTempDir({ dir: join(PROJECT, "res"), prefix: "streams-" });
    const state = s.use(new LatestState(s, folder));
    await Deno.writeTextFile(join(folder, "accounts.json"), JSON.stringify({ ...ACCOUNTS, ...file }));
    await createTopic(s.kafka.bootstrapServers, state.topic, 4, COMPACTED);
    return state;
  }

  startConsumer(settings: ServiceSettings = {}): Promise<TestService> {
    return this.s.startConsumer({ ...this.settings, ...settings });
  }

  /** Sends random changes, a quarter of them tombstones. */
  async change(count = CHANGES): Promise<void> {
    const { random, kafka } = this.s;
    const records = Array.from({ length: count }, () => {
      const id = random.between(1, KEYS), version = ++this.#version;
      const value = JSON.stringify({ id, version, owner: { name: `owner ${version}` } });
      return { key: `${id}`, value: random.between(0, 3) === 0 ? null : value };
    });
    await send(kafka.bootstrapServers, this.topic, records);
  }

  /** Sends changes until {@link stopChanges}. */
  startChanges(): void {
    this.#isRunning = true;
    this.#changes = (async () => {
      while (this.#isRunning) {
        await this.change();
        await delay(20);
      }
    })();
    this.#changes.catch(() => {});
  }

  async stopChanges(): Promise<void> {
    this.#isRunning = false;
    await this.#changes;
  }

  /** Waits until more changes are stored while these consumers run. */
  async waitForProgress(consumers: readonly TestService[]): Promise<void> {
    const before = await this.#sumProgress();
    await waitUntil("progress", async () => await this.#sumProgress() > before, {
      unless: () => consumers.forEach((consumer) => consumer.assertRunning()),
    });
  }

  async #sumProgress(): Promise<number> {
    try {
      return await this.s.database.number("SELECT coalesce(sum(next_offset), 0) FROM consumer_progress");
    } catch {
      return 0;
    }
  }

  /**
   * Waits until the consumers have stored everything, and compares the table with the last record of each key.
   *
   * @returns the number of rows
   */
  async assertEqual(consumers: readonly TestService[]): Promise<number> {
    await this.stopChanges();
    const { records, ends } = await readTopic(this.s.kafka, this.topic);
    await waitUntil("the topic to be stored", async () => {
      const rows = await this.s.database.query<{ partition: number; next_offset: string }>(
        "SELECT partition, next_offset FROM consumer_progress WHERE topic = $1",
        [this.topic],
      );
      return ends.every((end, p) =>
        end === 0 || Number(rows.find(({ partition }) => partition === p)?.next_offset) === end
      );
    }, { unless: () => consumers.forEach((consumer) => consumer.assertRunning()) });
    const expected = new Map<string, Record<string, unknown>>();
    for (const { key, value, partition, offset } of records) {
      expected.delete(key!);
      if (value !== null) expected.set(key!, { ...JSON.parse(value), partition, offset });
    }
    const rows = await this.s.database.query(
      `SELECT id::int, version, owner, kafka_partition AS partition, kafka_offset::int AS "offset" FROM accounts ORDER BY id`,
    );
    assert.deepEqual(rows, [...expected.values()].sort((a, b) => Number(a.id) - Number(b.id)));
    this.s.log(`Compared ${rows.length} rows with ${records.length} records, of ${this.#version} changes.`);
    return rows.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopChanges().catch(() => {});
    await Deno.remove(this.folder, { recursive: true });
  }
}
