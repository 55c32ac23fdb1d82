/**
 * Memory and compilation of Kafka's JVMs: small for tests, or as in Kafka's own scripts.
 *
 * @module
 */

/** Heap of a broker: for tests, and as in `kafka-server-start.sh` (Kafka 4.3). */
export const BROKER_HEAP: Readonly<Record<"frugal" | "kafka", readonly string[]>> = {
  frugal: ["-Xms128m", "-Xmx512m"],
  kafka: ["-Xms1G", "-Xmx1G"],
};

/** Heap of a tool, as in `kafka-run-class.sh` (Kafka 4.3). */
export const TOOL_HEAP = "-Xmx256M";

/** `KAFKA_JVM_PERFORMANCE_OPTS` of `kafka-run-class.sh` (Kafka 4.3), for brokers and tools. */
export const KAFKA_PERFORMANCE: readonly string[] = [
  "-server",
  "-XX:+UseG1GC",
  "-XX:MaxGCPauseMillis=20",
  "-XX:InitiatingHeapOccupancyPercent=35",
  "-XX:+ExplicitGCInvokesConcurrent",
  "-XX:MaxInlineLevel=15",
];
