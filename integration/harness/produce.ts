import { CompressionTypes, type ICustomPartitioner, type Message, Partitioners } from "kafkajs";
import { uniqueName } from "./unique_name.ts";
import { kafkaClient } from "./topic.ts";

/** A record as it is sent: no key, no value, and any bytes are possible. */
export interface RawRecord {
  key?: string | Uint8Array | null;
  value: string | Uint8Array | null;
  partition?: number;
  headers?: Record<string, string>;
}

/** What is sent is stored once, also where kafkajs sends it again. */
const ONCE = { allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 };

/**
 * As kafkajs', but a record without a key has its place, too: kafkajs asks anew when it sends again, and a batch that has become
 * another one is no repetition to Kafka.
 */
const createPartitioner: ICustomPartitioner = () => {
  const partitionOf = Partitioners.DefaultPartitioner();
  return (args) => partitionOf({ ...args, message: { ...args.message, key: args.message.key ?? "" } });
};

/** Sends records, in this order, each batch compressed with gzip when asked for. */
export async function send(
  bootstrapServers: string,
  topic: string,
  records: readonly RawRecord[],
  options: { gzip?: boolean } = {},
): Promise<void> {
  const producer = kafkaClient(bootstrapServers).producer({ ...ONCE, createPartitioner });
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

/** Sends each batch of records as a transaction of its own, and commits it or aborts it. */
export async function sendTransactions(
  bootstrapServers: string,
  topic: string,
  transactions: readonly { records: readonly RawRecord[]; commit: boolean }[],
): Promise<void> {
  const producer = kafkaClient(bootstrapServers).producer({
    ...ONCE,
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

/** An open transaction. */
export interface OpenTransaction {
  /** Commits or aborts it. */
  end(commit: boolean): Promise<void>;
}

/** Sends records in a transaction that stays open. */
export async function openTransaction(
  bootstrapServers: string,
  topic: string,
  records: readonly RawRecord[],
): Promise<OpenTransaction> {
  const producer = kafkaClient(bootstrapServers).producer({
    ...ONCE,
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
