/**
 * The servers of the doctor's tests: Kafka with SASL, with client certificates, and with neither, and PostgreSQL that requires TLS
 * for all roles but the superuser.
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

/** Password of the Kafka users, and of the roles that tests create in PostgreSQL. */
export const ACCOUNT_PASSWORD = "between-us";

/**
 * Kafka users: `all` is a super user (SCRAM), `none` has no ACL (PLAIN), `reader` may read the topic `routes` and the group `readers`
 * (PLAIN).
 */
export type Account = "all" | "none" | "reader";

export interface DoctorServers extends AsyncDisposable {
  /** SASL_SSL with ACLs and the topic `routes`. */
  readonly sasl: KafkaServer;
  /** SSL with client certificates. */
  readonly certificates: KafkaServer;
  /** PLAINTEXT. */
  readonly plain: KafkaServer;
  readonly postgres: PostgresServer;
  readonly authority: Authority;
  readonly client: Certificate;
  /** Valid settings for {@link sasl} and an account. */
  saslSettings(account: Account): ServiceSettings;
  /** Valid settings for {@link certificates}. */
  readonly certificateSettings: ServiceSettings;
  /** Valid settings for {@link postgres} and a role. */
  postgresSettings(user: string, database: string): ServiceSettings;
}

export async function startDoctorServers(): Promise<DoctorServers> {
  await using stack = new AsyncDisposableStack();
  const authority = stack.use(await Authority.create("authority"));
  const [server, client] = await Promise.all([
    authority.issue("server", { hosts: [await serverHost()] }),
    authority.issue("client"),
  ]);
  const [sasl, certificates, plain, postgres] = await startServers(stack, authority, server);
  await createUsers(sasl, authority);
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
      KAFKA_SASL_PLAIN_PASSWORD: ACCOUNT_PASSWORD,
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
      PGPASSWORD: user === postgres.user ? postgres.password : ACCOUNT_PASSWORD,
      PGDATABASE: database,
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: authority.self.certificateFile,
    }),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

function startServers(
  stack: AsyncDisposableStack,
  authority: Authority,
  server: Certificate,
): Promise<[sasl: KafkaServer, certificates: KafkaServer, plain: KafkaServer, postgres: PostgresServer]> {
  const keystore = pemStores(server, authority);
  const use = async <T extends AsyncDisposable>(starting: Promise<T>) => stack.use(await starting);
  return Promise.all([
    use(startKafka({
      securityProtocol: "SASL_SSL",
      properties: {
        ...keystore,
        "sasl.enabled.mechanisms": "SCRAM-SHA-256,PLAIN",
        "listener.name.client.plain.sasl.jaas.config":
          "org.apache.kafka.common.security.plain.PlainLoginModule required " +
          `user_none="${ACCOUNT_PASSWORD}" user_reader="${ACCOUNT_PASSWORD}";`,
        "listener.name.client.scram-sha-256.sasl.jaas.config":
          "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        // Clients of the listener for Kafka's tools, and the broker itself, are anonymous.
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
}

/** Creates the account `all`, the topic, and the ACLs of the other accounts. */
async function createUsers(kafka: KafkaServer, authority: Authority): Promise<void> {
  const { code, stdout, stderr } = await kafka.tool("kafka-configs", [
    ...["--alter", "--entity-type", "users", "--entity-name", "all"],
    ...["--add-config", `SCRAM-SHA-256=[password=${ACCOUNT_PASSWORD}]`],
  ]);
  if (code !== 0) throw new Error(`Cannot create the Kafka user: ${stdout}${stderr}`);
  patchKafkajs();
  const admin = new Kafka({
    brokers: [kafka.bootstrapServers],
    ssl: { ca: [authority.self.certificate] },
    sasl: { mechanism: "scram-sha-256", username: "all", password: ACCOUNT_PASSWORD },
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
