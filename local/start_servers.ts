import {
  type KafkaServer,
  type PostgresServer,
  type ServerKind,
  type ServerOptions,
  startKafka,
  startPostgres,
} from "./servers/mod.ts";
import type { Ports } from "./ports.ts";
import type { Print } from "./steps.ts";

export interface ServersOptions {
  kind: ServerKind;
  /** Of embedded servers. */
  dataFolder: string;
  /** Names of the volumes of containers. */
  volumes: Record<"kafka" | "postgres", string>;
  ports: Pick<Ports, "kafka" | "postgres">;
  print: Print;
  /** Aborted to cancel the start. */
  signal: AbortSignal;
}

/** Starts both servers concurrently and adds them to `parts`, so that Kafka stops first. */
export async function startServers(
  { kind, dataFolder, volumes, ports, print, signal }: ServersOptions,
  parts: AsyncDisposableStack,
): Promise<{ postgres: PostgresServer; kafka: KafkaServer }> {
  const options = (name: "kafka" | "postgres"): ServerOptions => ({
    kind,
    dataFolder: `${dataFolder}/${name}`,
    keepAs: volumes[name],
    port: ports[name],
    onProgress: (message) => print(`${message[0]?.toUpperCase()}${message.slice(1)} …`),
    signal,
  });
  const [postgres, kafka] = await Promise.allSettled([
    startPostgres(options("postgres")).then((server) => {
      print(`PostgreSQL ready on port ${server.port}.`, "green");
      return server;
    }),
    startKafka(options("kafka")).then((server) => {
      print(`Kafka ready at ${server.bootstrapServers}.`, "green");
      return server;
    }),
  ]);
  for (const [name, result] of [["PostgreSQL", postgres], ["Kafka", kafka]] as const) {
    if (result.status === "rejected") continue;
    parts.use(result.value);
    parts.defer(() => print(`Stopping ${name} …`));
  }
  if (postgres.status === "rejected") throw postgres.reason;
  if (kafka.status === "rejected") throw kafka.reason;
  return { postgres: postgres.value, kafka: kafka.value };
}
