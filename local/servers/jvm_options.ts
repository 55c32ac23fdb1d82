/**
 * Memory and compilation of Kafka's JVMs, as tests want them and as Kafka's own scripts have them.
 *
 * @module
 */

/** A broker's heap: as tests want it, and in `kafka-server-start.sh` (Kafka 4.3). */
export const BROKER_HEAP: Readonly<Record<"frugal" | "kafka", readonly string[]>> = {
  frugal: ["-Xms128m", "-Xmx512m"],
  kafka: ["-Xms1G", "-Xmx1G"],
};

/** A tool's heap, as `kafka-run-class.sh` has it (Kafka 4.3); tests want no other. */
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
