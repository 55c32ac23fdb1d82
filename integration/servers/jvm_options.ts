/**
 * Memory and compilation of Kafka's JVMs, as tests want them and as Kafka's own scripts have them.
 *
 * @module
 */

/** A broker's heap, as tests want it. */
export const FRUGAL_HEAP: readonly string[] = ["-Xms128m", "-Xmx512m"];

/** A broker's heap in `kafka-server-start.sh`, and that of the tools in `kafka-run-class.sh` (Kafka 4.3). */
export const KAFKA_HEAP: readonly string[] = ["-Xms1G", "-Xmx1G"];
/** See {@link KAFKA_HEAP}. */
export const KAFKA_TOOL_HEAP: readonly string[] = ["-Xmx256M"];

/** `KAFKA_JVM_PERFORMANCE_OPTS` of `kafka-run-class.sh` (Kafka 4.3), for brokers and tools. */
export const KAFKA_PERFORMANCE: readonly string[] = [
  "-server",
  "-XX:+UseG1GC",
  "-XX:MaxGCPauseMillis=20",
  "-XX:InitiatingHeapOccupancyPercent=35",
  "-XX:+ExplicitGCInvokesConcurrent",
  "-XX:MaxInlineLevel=15",
];
