/**
 * Kafka with SASL/SCRAM over TLS.
 *
 * @module
 */
import { type KafkaServer, type PostgresServer, serverHost, startKafka } from "../../local/servers/mod.ts";
import { Authority, pemStores } from "./certificates.ts";
import type { ServiceSettings } from "./service.ts";
import { BROKER_PROPERTIES } from "./shared_servers.ts";

/** Kafka's SCRAM mechanisms. */
export const MECHANISMS = ["SCRAM-SHA-256", "SCRAM-SHA-512"] as const;

export type Mechanism = typeof MECHANISMS[number];

/** A broker with one user, and the shared PostgreSQL. */
export interface ScramServers extends AsyncDisposable {
  readonly kafka: KafkaServer;
  readonly postgres: PostgresServer;
  /** Folder that services may read, for example a file with the password. Removed with the broker. */
  readonly folder: string;
  /** The user's password; it differs per mechanism. */
  password(mechanism: Mechanism): string;
  /** Settings of a service, without the password. */
  settings(mechanism: Mechanism): ServiceSettings;
}

const USER = "routes-service";

/**
 * Starts the broker.
 *
 * @param postgres a running server; it is not stopped with the broker
 */
export async function startScramServers(postgres: PostgresServer): Promise<ScramServers> {
  await using stack = new AsyncDisposableStack();
  const authority = stack.use(await Authority.create("authority"));
  const server = await authority.issue("server", { hosts: [await serverHost()] });
  const kafka = stack.use(
    await startKafka({
      securityProtocol: "SASL_SSL",
      properties: {
        ...BROKER_PROPERTIES,
        ...pemStores(server, authority),
        "sasl.enabled.mechanisms": MECHANISMS.join(),
        ...Object.fromEntries(MECHANISMS.map((mechanism) => [
          `listener.name.client.${mechanism.toLowerCase()}.sasl.jaas.config`,
          "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        ])),
      },
    }),
  );
  const passwords = new Map(MECHANISMS.map((name) => [name, `${crypto.randomUUID()}%41+/$"`]));
  // kafka-configs accepts one mechanism per call.
  for (const [mechanism, password] of passwords) {
    const { code, stdout, stderr } = await kafka.tool("kafka-configs", [
      ...["--alter", "--entity-type", "users", "--entity-name", USER],
      ...["--add-config", `${mechanism}=[password=${password}]`],
    ]);
    if (code !== 0) throw new Error(`Cannot create the Kafka user: ${stdout}${stderr}`);
  }
  const started = stack.move();
  return {
    kafka,
    postgres,
    folder: authority.folder,
    password: (mechanism) => passwords.get(mechanism)!,
    settings: (mechanism) => ({
      KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
      KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
      KAFKA_SSL_CAFILE: authority.self.certificateFile,
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_PLAIN_USERNAME: USER,
    }),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
