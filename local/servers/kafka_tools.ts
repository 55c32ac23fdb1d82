/** Main classes of the scripts in Kafka's `bin` folder that connect to a broker. */
const TOOLS = {
  "kafka-acls": "org.apache.kafka.tools.AclCommand",
  "kafka-broker-api-versions": "org.apache.kafka.tools.BrokerApiVersionsCommand",
  "kafka-cluster": "org.apache.kafka.tools.ClusterTool",
  "kafka-configs": "kafka.admin.ConfigCommand",
  "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
  "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
  "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
  "kafka-e2e-latency": "org.apache.kafka.tools.EndToEndLatency",
  "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
  "kafka-features": "org.apache.kafka.tools.FeatureCommand",
  "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
  "kafka-groups": "org.apache.kafka.tools.GroupsCommand",
  "kafka-leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
  "kafka-log-dirs": "org.apache.kafka.tools.LogDirsCommand",
  "kafka-metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
  "kafka-producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
  "kafka-reassign-partitions": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
  "kafka-topics": "org.apache.kafka.tools.TopicCommand",
  "kafka-transactions": "org.apache.kafka.tools.TransactionsCommand",
} as const;

/**
 * The main class of a tool.
 *
 * @param name of the script, without `.sh`
 * @throws {Error} if the tool is unknown
 */
export function toolClass(name: string): string {
  const found = (TOOLS as Record<string, string>)[name];
  if (found === undefined) {
    throw new Error(`Unknown Kafka tool "${name}". Known tools: ${Object.keys(TOOLS).join(", ")}`);
  }
  return found;
}
