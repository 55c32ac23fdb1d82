import type { KafkaServer, PostgresServer } from "../../local/servers/mod.ts";
import type { ServiceKind, ServiceSettings } from "./service.ts";

/** Settings that lead a service to Kafka: containers go by the Docker network, programs of this machine by its ports. */
export function kafkaSettings(kafka: KafkaServer, kind: ServiceKind): ServiceSettings {
  const { bootstrapServers, networkBootstrapServers } = kafka;
  return { KAFKA_BOOTSTRAP_SERVERS: kind === "container" ? networkBootstrapServers! : bootstrapServers };
}

/** Settings that lead a service to a database, as the superuser. */
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
