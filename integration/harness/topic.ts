import { type Admin, logLevel } from "kafkajs";
import kafkajs, { Kafka } from "kafkajs";
import type { Address } from "../../shared/kafka/address.ts";
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import type { KafkaSettings } from "../../shared/kafka/client.ts";
import { patchKafkajs } from "../../shared/kafka/kafkajs/patch_kafkajs.ts";
import type { KafkaServer } from "../../local/servers/mod.ts";
import { waitUntil } from "./wait.ts";

/** Creates a kafkajs client that logs nothing. */
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

/** Runs `use` with an admin client, then disconnects it. */
export async function withAdmin<T>(bootstrapServers: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient(bootstrapServers).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Creates a topic and waits until it can be used. */
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
    await waitForLeaders(admin, topic, partitions);
  });
}

/**
 * Waits until all partitions of a new topic have leaders that accept records. kafkajs' `waitForLeaders` fails if a broker does not know
 * the topic yet. A new leader answers ListOffsets only when it accepts records.
 */
export async function waitForLeaders(admin: Admin, topic: string, partitions: number): Promise<void> {
  await waitUntil(`topic ${topic} to have leaders`, async () => {
    const { topics: [found] } = await admin.fetchTopicMetadata({ topics: [topic] });
    return found!.partitions.length === partitions &&
      found!.partitions.every(({ leader }) => leader >= 0) &&
      await admin.fetchTopicOffsets(topic);
  });
}

/** Increases the number of partitions to `count`. */
export async function addPartitions(bootstrapServers: string, topic: string, count: number): Promise<void> {
  await withAdmin(bootstrapServers, async (admin) => {
    await admin.createPartitions({ topicPartitions: [{ topic, count }] });
  });
}

/** Sets a topic's configuration, `name=value`. @throws {Error} if the tool fails */
export async function alterTopic(kafka: KafkaServer, topic: string, setting: string): Promise<void> {
  const { code, stderr, stdout } = await kafka.tool("kafka-configs", [
    ...["--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", setting],
  ]);
  if (code !== 0) throw new Error(`kafka-configs exited with code ${code}:\n${stderr}${stdout}`);
}

/** Deletes a topic and waits until it is deleted. */
export async function deleteTopic(bootstrapServers: string, topic: string): Promise<void> {
  await withAdmin(bootstrapServers, async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    await waitUntil(`topic ${topic} to be deleted`, async () => !(await admin.listTopics()).includes(topic));
  });
}

/** Deletes a topic's oldest records, like retention does; `starts` are the new low watermarks. */
export async function deleteRecords(
  bootstrapServers: string,
  topic: string,
  starts: number[],
): Promise<void> {
  await withAdmin(bootstrapServers, async (admin) => {
    // Makes kafkajs fetch the metadata that it needs to delete records.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({
      topic,
      partitions: starts.map((start, partition) => ({ partition, offset: `${start}` })),
    });
  });
}

/** Leader and in-sync replicas of a partition. */
export interface PartitionState {
  leader: number;
  inSync: number[];
}

/** Reads the states of a topic's partitions, in order. */
export async function readPartitionStates(
  bootstrapServers: string,
  topic: string,
): Promise<PartitionState[]> {
  return await withAdmin(bootstrapServers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions
      .sort((a, b) => a.partitionId - b.partitionId)
      .map(({ leader, isr }) => ({ leader, inSync: isr }));
  });
}

/** Sum of the end offsets of all partitions, including transaction markers. */
export async function countWrittenRecords(bootstrapServers: string, topic: string): Promise<number> {
  return await withAdmin(bootstrapServers, async (admin) => {
    return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
  });
}

/** Removes all members from a consumer group. They learn it at their next heartbeat. */
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

export interface GroupAssignment {
  /** Name of the assignor. */
  readonly protocol: string;
  readonly members: number;
  /** Number of assigned partitions of a topic. */
  partitions(topic: string): number;
}

/** Reads a group's assignment. */
export async function readGroupAssignment(bootstrapServers: string, group: string): Promise<GroupAssignment> {
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

export async function countGroupMembers(bootstrapServers: string, group: string): Promise<number> {
  return await withAdmin(bootstrapServers, async (admin) => {
    const { groups } = await admin.describeGroups([group]);
    return groups[0]!.members.length;
  });
}
