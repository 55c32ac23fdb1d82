import { CompressionTypes, type ICustomPartitioner, type Message, Partitioners } from "kafkajs";
import { uniqueName } from "./random.ts";
import { kafkaClient } from "./topic.ts";

/** A record with arbitrary bytes as key and value. */
export interface RawRecord {
  key?: string | Uint8Array | null;
  value: string | Uint8Array | null;
  partition?: number;
  headers?: Record<string, string>;
}

/** Idempotent, so that retries create no duplicates. */
const IDEMPOTENT = { allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 };

/**
 * kafkajs' partitioner, but with a fixed partition for records without a key: kafkajs partitions again before a retry, and Kafka
 * detects duplicates only if the batches are the same.
 */
const createPartitioner: ICustomPartitioner = () => {
  const partitionOf = Partitioners.DefaultPartitioner();
  return (args) => partitionOf({ ...args, message: { ...args.message, key: args.message.key ?? "" } });
};

/** Sends records in order. */
export async function send(
  bootstrapServers: string,
  topic: string,
  records: readonly RawRecord[],
  options: { gzip?: boolean } = {},
): Promise<void> {
  const producer = kafkaClient(bootstrapServers).producer({ ...IDEMPOTENT, createPartitioner });
  await producer.connect();
  try {
    await producer.send({
      topic,
      messages: records.map(message),
      ...options.gzip && { compression: CompressionTypes.GZIP },
    });
  } finally {
    await producer.disconnect();
  }
}

/** Sends each list of records in a transaction, which commits or aborts. */
export async function sendTransactions(
  bootstrapServers: string,
  topic: string,
  transactions: readonly { records: readonly RawRecord[]; commit: boolean }[],
): Promise<void> {
  const producer = kafkaClient(bootstrapServers).producer({
    ...IDEMPOTENT,
    createPartitioner,
    transactionalId: uniqueName("integration"),
  });
  await producer.connect();
  try {
    for (const { records, commit } of transactions) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: records.map(message) });
      await (commit ? transaction.commit() : transaction.abort());
    }
  } finally {
    await producer.disconnect();
  }
}

export interface OpenTransaction {
  end(commit: boolean): Promise<void>;
}

/** Sends records in a transaction that stays open until `end()`. */
export async function openTransaction(
  bootstrapServers: string,
  topic: string,
  records: readonly RawRecord[],
): Promise<OpenTransaction> {
  const producer = kafkaClient(bootstrapServers).producer({
    ...IDEMPOTENT,
    createPartitioner,
    transactionalId: uniqueName("integration"),
    transactionTimeout: 60_000,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: records.map(message) });
  return {
    async end(commit) {
      await (commit ? transaction.commit() : transaction.abort());
      await producer.disconnect();
    },
  };
}

function message({ key = null, value, partition, headers }: RawRecord): Message {
  return {
    key: key instanceof Uint8Array ? Buffer.from(key) : key,
    value: value instanceof Uint8Array ? Buffer.from(value) : value,
    ...partition !== undefined && { partition },
    ...headers && { headers },
  };
}
