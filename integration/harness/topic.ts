import { type Admin, logLevel } from "kafkajs";
import kafkajs, { Kafka } from "kafkajs";
import type { Address } from "../../shared/kafka/address.ts";
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import type { KafkaSettings } from "../../shared/kafka/client.ts";
import { patchKafkajs } from "../../shared/kafka/kafkajs/patch_kafkajs.ts";
import type { KafkaServer } from "../../local/servers/mod.ts";
import { waitUntil } from "./wait.ts";

/** A client of the harness's own; it says nothing unless something is badly wrong. */
export function kafkaClient(bootstrapServers: string): Kafka {
  patchKafkajs();
  return new Kafka({
    clientId: "integration",
    brokers: bootstrapServers.split(","),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 10_000,
    retry: { initialRetryTime: 100, retries: 10 },
  });
}

/** Runs `use` with an admin client, and closes it. */
export async function withAdmin<T>(bootstrapServers: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient(bootstrapServers).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Makes a topic, and waits until it can be used. */
export async function createTopic(
  bootstrapServers: string,
  topic: string,
  partitions: number,
  config: Record<string, string> = {},
): Promise<void> {
  await withAdmin(bootstrapServers, async (admin) => {
    await admin.createTopics({
      topics: [{
        topic,
        numPartitions: partitions,
        replicationFactor: 1,
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
      }],
      waitForLeaders: false,
    });
    await leaders(admin, topic, partitions);
  });
}

/**
 * Waits until all partitions of a new topic have leaders that serve them. kafkajs' own waiting fails where a broker has not heard of
 * the topic yet; and a broker names itself leader a moment before it takes records: only then does it tell the offsets.
 */
export async function leaders(admin: Admin, topic: string, partitions: number): Promise<void> {
  await waitUntil(`topic ${topic} to have leaders`, async () => {
    const { topics: [found] } = await admin.fetchTopicMetadata({ topics: [topic] });
    return found!.partitions.length === partitions &&
      found!.partitions.every(({ leader }) => leader >= 0) &&
      await admin.fetchTopicOffsets(topic);
  });
}

/** Gives a topic more partitions: `count` in all. */
export async function addPartitions(bootstrapServers: string, topic: string, count: number): Promise<void> {
  await withAdmin(bootstrapServers, async (admin) => {
    await admin.createPartitions({ topicPartitions: [{ topic, count }] });
  });
}

/**
 * Sets one of a topic's settings, `name=value`.
 *
 * @throws When Kafka refuses.
 */
export async function alterTopic(kafka: KafkaServer, topic: string, setting: string): Promise<void> {
  const { code, stderr, stdout } = await kafka.tool("kafka-configs", [
    ...["--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", setting],
  ]);
  if (code !== 0) throw new Error(`kafka-configs ended with code ${code}:\n${stderr}${stdout}`);
}

/** Removes a topic, and waits until it is gone. */
export async function deleteTopic(bootstrapServers: string, topic: string): Promise<void> {
  await withAdmin(bootstrapServers, async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    await waitUntil(`topic ${topic} to be gone`, async () => !(await admin.listTopics()).includes(topic));
  });
}

/** Removes a topic's oldest records, as their expiry does: `starts` are the partitions' first offsets from then on. */
export async function deleteRecords(
  bootstrapServers: string,
  topic: string,
  starts: number[],
): Promise<void> {
  await withAdmin(bootstrapServers, async (admin) => {
    // It also has kafkajs learn where the partitions are, without which it can't delete.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({
      topic,
      partitions: starts.map((start, partition) => ({ partition, offset: `${start}` })),
    });
  });
}

/** Which broker leads a partition, and which have all of it. */
export interface PartitionState {
  leader: number;
  inSync: number[];
}

/** The partitions of a topic, in order. */
export async function partitionStates(bootstrapServers: string, topic: string): Promise<PartitionState[]> {
  return await withAdmin(bootstrapServers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions
      .sort((a, b) => a.partitionId - b.partitionId)
      .map(({ leader, isr }) => ({ leader, inSync: isr }));
  });
}

/** How many records have been written to a topic so far, markers of transactions among them. */
export async function writtenRecords(bootstrapServers: string, topic: string): Promise<number> {
  return await withAdmin(bootstrapServers, async (admin) => {
    return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
  });
}

/** Removes all members from a consumer group, as its administrator does. They notice at their next heartbeat. */
export async function removeMembers(bootstrapServers: string, group: string): Promise<void> {
  await withAdmin(bootstrapServers, async (admin) => {
    const { groups } = await admin.describeGroups([group]);
    const settings = {
      KAFKA_BOOTSTRAP_SERVERS: bootstrapServers.split(","),
      KAFKA_SECURITY_PROTOCOL: "PLAINTEXT",
      KAFKA_CONNECTION_TIMEOUT_MS: 10_000,
      KAFKA_REQUEST_TIMEOUT_MS: 10_000,
    } as unknown as KafkaSettings;
    using cluster = new KafkaCluster(settings, "integration", () => () => {});
    const broker = await cluster.any();
    const { coordinator } = await broker.request<{ coordinator: Address & { nodeId: number } }>(
      "GroupCoordinator",
      { groupId: group, coordinatorType: 0 },
    );
    await cluster.update([coordinator]);
    for (const { memberId } of groups[0]!.members) {
      await (await cluster.node(coordinator.nodeId)).request("LeaveGroup", { groupId: group, memberId });
    }
  });
}

/** Who owns what in a group. */
export interface GroupOwners {
  /** The assignor that the group uses. */
  readonly protocol: string;
  readonly members: number;
  /** How many partitions of a topic have an owner. */
  partitions(topic: string): number;
}

/** Reads the assignment of a group's members. */
export async function groupOwners(bootstrapServers: string, group: string): Promise<GroupOwners> {
  return await withAdmin(bootstrapServers, async (admin) => {
    const { groups } = await admin.describeGroups([group]);
    const { members, protocol } = groups[0]!;
    const assigned = members.map(({ memberAssignment }) =>
      kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}
    );
    return {
      protocol,
      members: members.length,
      partitions: (topic) => assigned.reduce((sum, topics) => sum + (topics[topic]?.length ?? 0), 0),
    };
  });
}

/** How many members a consumer group has. */
export async function groupMembers(bootstrapServers: string, group: string): Promise<number> {
  return await withAdmin(bootstrapServers, async (admin) => {
    const { groups } = await admin.describeGroups([group]);
    return groups[0]!.members.length;
  });
}
