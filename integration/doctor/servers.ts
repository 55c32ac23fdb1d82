/**
 * The servers that the doctor is tried on: a hosted Kafka with a port for SASL and one for client certificates, a local one
 * without either, and a PostgreSQL that takes accounts with TLS only.
 *
 * @module
 */
import kafkajs, { Kafka, logLevel } from "kafkajs";
import {
  type KafkaServer,
  type PostgresServer,
  serverHost,
  startKafka,
  startPostgres,
} from "../../local/servers/mod.ts";
import { patchKafkajs } from "../../shared/kafka/kafkajs/patch_kafkajs.ts";
import { Authority, type Certificate, pemStores } from "../harness/certificates.ts";
import type { ServiceSettings } from "../harness/service.ts";

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const PASSWORD = "between-us";

/**
 * Accounts in Kafka, by SASL: `all` has every right (by SCRAM), `none` none, `reader` may read the topic `routes` and be in the group
 * `readers` (both by PLAIN).
 */
export type Account = "all" | "none" | "reader";

export interface DoctorServers extends AsyncDisposable {
  /** SASL_SSL, and rights that have to be granted; it has the topic `routes`. */
  readonly sasl: KafkaServer;
  /** TLS with client certificates. */
  readonly certificates: KafkaServer;
  /** Neither. */
  readonly plain: KafkaServer;
  readonly postgres: PostgresServer;
  readonly authority: Authority;
  readonly client: Certificate;
  /** Settings that are right, for {@link sasl} and an account. */
  saslSettings(account: Account): ServiceSettings;
  /** Settings that are right, for {@link certificates}. */
  readonly certificateSettings: ServiceSettings;
  /** Settings that are right, for {@link postgres} and one of its users. */
  postgresSettings(user: string, database: string): ServiceSettings;
}

/** Starts them. */
export async function startDoctorServers(): Promise<DoctorServers> {
  await using stack = new AsyncDisposableStack();
  const authority = stack.use(await Authority.create("authority"));
  const [server, client] = await Promise.all([
    authority.issue("server", { hosts: [await serverHost()] }),
    authority.issue("client"),
  ]);
  const keystore = pemStores(server, authority);
  const use = async <T extends AsyncDisposable>(starting: Promise<T>) => stack.use(await starting);
  const [sasl, certificates, plain, postgres] = await Promise.all([
    use(startKafka({
      securityProtocol: "SASL_SSL",
      properties: {
        ...keystore,
        "sasl.enabled.mechanisms": "SCRAM-SHA-256,PLAIN",
        "listener.name.client.plain.sasl.jaas.config":
          "org.apache.kafka.common.security.plain.PlainLoginModule required " +
          `user_none="${PASSWORD}" user_reader="${PASSWORD}";`,
        "listener.name.client.scram-sha-256.sasl.jaas.config":
          "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        // Who comes by the listener of Kafka's own tools, and the broker itself.
        "super.users": "User:ANONYMOUS;User:all",
      },
    })),
    use(startKafka({ securityProtocol: "SSL", properties: { ...keystore, "ssl.client.auth": "required" } })),
    use(startKafka()),
    use(startPostgres({
      tls: { certificate: server.certificate, key: server.key },
      hostBasedAuthentication: [
        "local all all trust",
        "hostssl all all all scram-sha-256",
        "hostnossl all postgres all scram-sha-256",
      ],
    })),
  ]);
  await grant(sasl, authority);
  const started = stack.move();
  const tls = { KAFKA_SSL_CAFILE: authority.self.certificateFile };
  return {
    sasl,
    certificates,
    plain,
    postgres,
    authority,
    client,
    saslSettings: (account) => ({
      ...tls,
      KAFKA_BOOTSTRAP_SERVERS: sasl.bootstrapServers,
      KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
      KAFKA_SASL_MECHANISM: account === "all" ? "SCRAM-SHA-256" : "PLAIN",
      KAFKA_SASL_PLAIN_USERNAME: account,
      KAFKA_SASL_PLAIN_PASSWORD: PASSWORD,
    }),
    certificateSettings: {
      ...tls,
      KAFKA_BOOTSTRAP_SERVERS: certificates.bootstrapServers,
      KAFKA_SECURITY_PROTOCOL: "SSL",
      KAFKA_SSL_CERTFILE: client.certificateFile,
      KAFKA_SSL_KEYFILE: client.keyFile,
    },
    postgresSettings: (user, database) => ({
      PGHOST: postgres.host,
      PGPORT: postgres.port,
      PGUSER: user,
      PGPASSWORD: user === postgres.user ? postgres.password : PASSWORD,
      PGDATABASE: database,
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: authority.self.certificateFile,
    }),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** Makes the account `all`, and with it the topic and the rights of the others. */
async function grant(kafka: KafkaServer, authority: Authority): Promise<void> {
  const { code, stdout, stderr } = await kafka.tool("kafka-configs", [
    ...["--alter", "--entity-type", "users", "--entity-name", "all"],
    ...["--add-config", `SCRAM-SHA-256=[password=${PASSWORD}]`],
  ]);
  if (code !== 0) throw new Error(`The account could not be made: ${stdout}${stderr}`);
  patchKafkajs();
  const admin = new Kafka({
    brokers: [kafka.bootstrapServers],
    ssl: { ca: [authority.self.certificate] },
    sasl: { mechanism: "scram-sha-256", username: "all", password: PASSWORD },
    logLevel: logLevel.NOTHING,
  }).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      topics: [{ topic: "routes", numPartitions: 2, replicationFactor: 1 }],
      waitForLeaders: true,
    });
    const right = { principal: "User:reader", host: "*", permissionType: AclPermissionTypes.ALLOW };
    const read = {
      ...right,
      operation: AclOperationTypes.READ,
      resourcePatternType: ResourcePatternTypes.LITERAL,
    };
    await admin.createAcls({
      acl: [
        { ...read, resourceType: AclResourceTypes.TOPIC, resourceName: "routes" },
        { ...read, resourceType: AclResourceTypes.GROUP, resourceName: "readers" },
      ],
    });
  } finally {
    await admin.disconnect();
  }
}

/** The password of the accounts in Kafka, and of those that tests make in PostgreSQL. */
export const ACCOUNT_PASSWORD = PASSWORD;
