/**
 * Apache Kafka and PostgreSQL for tests, benchmarks and `deno task start`, as processes of this machine or in containers.
 *
 * @module
 */
import type { KafkaCluster } from "./kafka_cluster.ts";
import { resolveServerKind } from "./server_kind.ts";
import type { KafkaOptions, KafkaServer, PostgresOptions, PostgresServer, ServerOptions } from "./types.ts";

export { missingTools } from "./missing_tools.ts";
export type { MissingToolsError } from "./missing_tools_error.ts";
export { isDockerAvailable } from "./server_kind.ts";
export { freePort, freePorts, isPortFree } from "./free_port.ts";
export { ServerError } from "./types.ts";
export { lastLinesOf, ServerProcess } from "./server_process.ts";
export { TOOL_FILE } from "./types.ts";
export type { KafkaCluster };
export type * from "./types.ts";

/** Host at which servers are reachable: `127.0.0.1` unless the Docker engine is remote. */
export async function serverHost(kind?: ServerOptions["kind"]): Promise<string> {
  if (await resolveServerKind(kind) === "embedded") return "127.0.0.1";
  const { engineHost } = await import("./container_server.ts");
  return await engineHost();
}

/** Removes what a killed program has left of servers in containers. @param names `keepAs` of the servers */
export async function removeContainers(names: string[]): Promise<void> {
  const containers = await import("./container_server.ts");
  await containers.removeContainers(names);
}

/**
 * Starts an Apache Kafka broker and waits until it accepts clients.
 *
 * @throws {ServerError} if the server cannot be started, with the remedy or the last lines of its log
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
 * Starts a cluster of combined brokers and controllers. Topics have a replica on every broker and accept records while a majority
 * of the brokers is running.
 *
 * @throws as {@link startKafka}
 */
export async function startKafkaCluster(brokers: number, options: KafkaOptions = {}): Promise<KafkaCluster> {
  const { KafkaCluster } = await import("./kafka_cluster.ts");
  return await KafkaCluster.start(brokers, options);
}

/**
 * Starts a PostgreSQL server and waits until it accepts clients.
 *
 * @throws {ServerError} if the server cannot be started, with the remedy or the last lines of its log
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  if (await resolveServerKind(options.kind) === "container") {
    const { startContainerPostgres } = await import("./container_postgres.ts");
    return await startContainerPostgres(options);
  }
  const { startEmbeddedPostgres } = await import("./embedded_postgres.ts");
  return await startEmbeddedPostgres(options);
}
