/**
 * Fills a topic with records of few keys, for an upsert stream.
 *
 * @module
 */
import { join } from "node:path";
import { CompressionTypes } from "kafkajs";
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import { produceClient } from "../../shared/kafka/produce_client.ts";
import { RecordWriter } from "../../shared/kafka/records/record_writer.ts";
import { PROJECT } from "../harness/project.ts";
import { seededRandom } from "../harness/random.ts";
import { waitUntil } from "../harness/wait.ts";
import { type Bench, createTopic } from "./servers.ts";

/** The stream file. */
const ACCOUNTS = {
  about: "the latest state of accounts",
  schema: {
    type: "object",
    required: ["id", "owner", "amount", "note"],
    properties: {
      id: { type: "integer" },
      owner: { type: "string" },
      amount: { type: "number" },
      note: { type: ["string", "null"] },
    },
  },
  columns: {
    id: { type: "bigint" },
    owner: { type: "text" },
    amount: { type: "double precision" },
    note: { type: "text" },
  },
  write: { mode: "upsert", key: ["id"], tombstones: "delete" },
};

/** A record and its place in the topic. */
export interface KeyedRecord {
  readonly id: number;
  readonly owner: string;
  readonly amount: number;
  readonly note: string;
  readonly partition: number;
  readonly offset: number;
}

/** A topic whose keys are drawn from a tenth of the number of records. */
export interface KeyedTopic extends AsyncDisposable {
  readonly prefix: string;
  readonly topic: string;
  readonly records: readonly KeyedRecord[];
  /** Settings of a consumer. */
  readonly env: Readonly<Record<string, string>>;
}

function createRecords(count: number, partitions: number): KeyedRecord[] {
  const random = seededRandom(1);
  const offsets = Array.from({ length: partitions }, () => 0);
  return Array.from({ length: count }, (_, n) => {
    const id = random.between(1, Math.max(1, Math.floor(count / 10))), partition = id % partitions;
    const owner = `owner ${id}`, note = `change number ${n} of all changes`;
    return { id, owner, amount: random.next() * 1_000, note, partition, offset: offsets[partition]!++ };
  });
}

/**
 * Creates and fills a topic.
 *
 * @param batchRecords records in a record batch
 */
export async function fillKeyed(
  bench: Bench,
  { count, partitions, batchRecords }: { count: number; partitions: number; batchRecords: number },
): Promise<KeyedTopic> {
  const { prefix, topic } = await createTopic(bench, partitions, "accounts");
  bench.log(`filling a topic with ${count} records of ${Math.floor(count / 10)} keys`);
  const records = createRecords(count, partitions);
  using cluster = new KafkaCluster(bench.settings, "bench", () => () => {});
  const client = produceClient(cluster);
  const [metadata] = await client.fetchTopics([topic]);
  // The coordinator of a new cluster may still be loading.
  const identity = await waitUntil("a producer id", () => client.initProducerId().catch(() => undefined));
  const sequences = Array.from({ length: partitions }, () => 0);
  const writers = sequences.map(() => new RecordWriter());
  const flush = async (partition: number) => {
    const writer = writers[partition]!;
    const results = await client.produce(metadata!.partitions[partition]!.leader!, {
      ...{ identity, topic, compression: CompressionTypes.None },
      batches: [{ partition, sequence: sequences[partition]!, records: writer }],
    });
    const error = results.get(partition);
    if (error) throw error;
    sequences[partition]! += writer.count;
    writer.clear();
  };
  for (const { id, owner, amount, note, partition } of records) {
    const writer = writers[partition]!;
    writer.add(Date.now(), String(id), JSON.stringify({ id, owner, amount, note }));
    if (writer.count >= batchRecords) await flush(partition);
  }
  for (const [partition, { count }] of writers.entries()) if (count > 0) await flush(partition);
  // Services may only read files in this folder.
  const folder = await Deno.makeTempDir({ dir: join(PROJECT, "res"), prefix: "streams-" });
  await Deno.writeTextFile(join(folder, "accounts.json"), JSON.stringify(ACCOUNTS));
  return {
    ...{ prefix, topic, records },
    env: { STREAMS: "accounts", STREAMS_DIRECTORY: folder, KAFKA_TOPIC_PREFIX: prefix },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
