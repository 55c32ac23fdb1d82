import type { KafkaServer, PostgresServer } from "../../local/servers/mod.ts";
import type { ServiceKind, ServiceSettings } from "./service.ts";

/** Kafka's address as settings: in the Docker network for containers, on this machine for processes. */
export function kafkaSettings(kafka: KafkaServer, kind: ServiceKind): ServiceSettings {
  const { bootstrapServers, networkBootstrapServers } = kafka;
  return { KAFKA_BOOTSTRAP_SERVERS: kind === "container" ? networkBootstrapServers! : bootstrapServers };
}

/** A database's address as settings, with the superuser's login. */
export function postgresSettings(
  postgres: PostgresServer,
  database: string,
  kind: ServiceKind,
): ServiceSettings {
  const { host, port, user, password, networkHost, networkPort } = postgres;
  return {
    ...kind === "container" ? { PGHOST: networkHost!, PGPORT: networkPort! } : { PGHOST: host, PGPORT: port },
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGSSLMODE: "disable",
  };
}
