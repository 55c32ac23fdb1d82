/**
 * Real servers for tests, benchmarks and `deno task start`: Apache Kafka and PostgreSQL, as processes of this machine
 * or in containers, behind one interface.
 *
 * @module
 */
import type { KafkaCluster } from "./kafka_cluster.ts";
import { resolveServerKind } from "./server_kind.ts";
import type { KafkaOptions, KafkaServer, PostgresOptions, PostgresServer, ServerOptions } from "./types.ts";

export { isDockerAvailable } from "./server_kind.ts";
export { freePort, freePorts, isPortFree } from "./free_port.ts";
export { ServerError } from "./types.ts";
export { lastLinesOf, ServerProcess } from "./server_process.ts";
export { TOOL_FILE } from "./types.ts";
export type { KafkaCluster };
export type * from "./types.ts";

/** Host that this machine reaches servers of a kind at, `127.0.0.1` unless the Docker engine is elsewhere. */
export async function serverHost(kind?: ServerOptions["kind"]): Promise<string> {
  if (await resolveServerKind(kind) === "embedded") return "127.0.0.1";
  const { engineHost } = await import("./container_server.ts");
  return await engineHost();
}

/**
 * Starts an Apache Kafka broker and waits until it takes clients.
 *
 * @throws When it can't be started; the message names what is missing, or ends with the last lines of its log.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  if (await resolveServerKind(options.kind) === "container") {
    const { startContainerKafka } = await import("./container_kafka.ts");
    return await startContainerKafka(options);
  }
  const { startEmbeddedKafka } = await import("./embedded_kafka.ts");
  return await startEmbeddedKafka(options);
}

/**
 * Starts a cluster of brokers, each of them a controller, too: topics have a replica on every one of them, and take records
 * as long as a majority of them is up.
 *
 * @throws As {@link startKafka}.
 */
export async function startKafkaCluster(brokers: number, options: KafkaOptions = {}): Promise<KafkaCluster> {
  const { KafkaCluster } = await import("./kafka_cluster.ts");
  return await KafkaCluster.start(brokers, options);
}

/**
 * Starts a PostgreSQL server and waits until it takes clients.
 *
 * @throws When it can't be started; the message names what is missing, or ends with the last lines of its log.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  if (await resolveServerKind(options.kind) === "container") {
    const { startContainerPostgres } = await import("./container_postgres.ts");
    return await startContainerPostgres(options);
  }
  const { startEmbeddedPostgres } = await import("./embedded_postgres.ts");
  return await startEmbeddedPostgres(options);
}
