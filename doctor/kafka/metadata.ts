/**
 * The Metadata request, with the operations that the account is allowed to perform.
 *
 * @module
 */
import type { Address } from "../../shared/kafka/address.ts";
import type { Request } from "./broker_connection.ts";

/** Operations of Kafka's ACLs, by their number (org.apache.kafka.common.acl.AclOperation). */
const OPERATIONS = {
  Read: 3,
  Write: 4,
  Create: 5,
  Delete: 6,
  Alter: 7,
  Describe: 8,
  ClusterAction: 9,
  DescribeConfigs: 10,
  AlterConfigs: 11,
  IdempotentWrite: 12,
} as const;

export type Operation = keyof typeof OPERATIONS;

export interface PartitionView {
  readonly partition: number;
  /** Node id of the leader; -1 if there is none. */
  readonly leader: number;
  readonly replicas: number;
  /** Number of in-sync replicas. */
  readonly inSync: number;
}

export interface TopicView {
  readonly topic: string;
  /** Error code; 0: none. */
  readonly error: number;
  readonly partitions: readonly PartitionView[];
  /** Operations allowed to the account; `undefined` if the broker does not report them. */
  readonly operations: ReadonlySet<Operation> | undefined;
}

export interface ClusterView {
  readonly brokers: readonly (Address & { readonly node: number })[];
  readonly topics: readonly TopicView[];
  /** What the account may do with the cluster itself. */
  readonly operations: ReadonlySet<Operation> | undefined;
}

/** Sent instead of the operations if the broker does not report them. */
const UNKNOWN = -2_147_483_648;

const operationsOf = (bits: number): ReadonlySet<Operation> | undefined =>
  bits === UNKNOWN ? undefined : new Set(
    (Object.keys(OPERATIONS) as Operation[]).filter((name) => (bits & (1 << OPERATIONS[name])) !== 0),
  );

/** Asks for the cluster and some topics, none of which is created by asking. Kafka 2.3 and later. */
export const metadataRequest = (topics: readonly string[]): Request<ClusterView> => ({
  name: "Metadata",
  key: 3,
  version: 8,
  write: (writer) => {
    writer.writeArray(topics).writeBoolean(false).writeBoolean(true).writeBoolean(true);
  },
  read: (reader) => {
    reader.readInt32(); // throttle time
    const brokers = reader.readArray((each) => {
      const broker = { node: each.readInt32(), host: each.readString(), port: each.readInt32() };
      each.readString(); // rack
      return broker;
    });
    reader.readString(); // cluster id
    reader.readInt32(); // controller
    const views = reader.readArray((each) => {
      const error = each.readInt16();
      const topic = each.readString();
      each.readBoolean(); // internal
      const partitions = each.readArray((part) => {
        part.readInt16(); // error code, reported by the leader
        const partition = part.readInt32();
        const leader = part.readInt32();
        part.readInt32(); // leader epoch
        const replicas = part.readArray((replica) => replica.readInt32()).length;
        const inSync = part.readArray((replica) => replica.readInt32()).length;
        part.readArray((replica) => replica.readInt32()); // offline
        return { partition, leader, replicas, inSync };
      });
      return { topic, error, partitions, operations: operationsOf(each.readInt32()) };
    });
    return { brokers, topics: views, operations: operationsOf(reader.readInt32()) };
  },
});
