import {
  type KafkaServer,
  type PostgresServer,
  serverHost,
  startKafka,
  startPostgres,
} from "../../local/servers/mod.ts";
import { Authority, type Certificate, pemStores } from "./certificates.ts";
import type { ServiceSettings } from "./service.ts";
import { BROKER_PROPERTIES } from "./shared_servers.ts";

/** Kafka with mutual TLS and PostgreSQL with TLS; one authority issued their certificates. */
export interface TlsServers extends AsyncDisposable {
  readonly kafka: KafkaServer;
  readonly postgres: PostgresServer;
  readonly authority: Authority;
  /** Client certificate for Kafka. */
  readonly client: Certificate;
  /** Settings of a service that verifies both servers. */
  readonly settings: ServiceSettings;
}

/** Starts both with certificates for their address, but not for `localhost`. */
export async function startTlsServers(options: { expired?: boolean } = {}): Promise<TlsServers> {
  await using stack = new AsyncDisposableStack();
  const authority = stack.use(await Authority.create("authority"));
  const [server, client] = await Promise.all([
    authority.issue("server", { hosts: [await serverHost()], ...options }),
    authority.issue("client"),
  ]);
  const [kafka, postgres] = await Promise.all([
    startKafka({
      securityProtocol: "SSL",
      properties: {
        ...BROKER_PROPERTIES,
        ...pemStores(server, authority),
        "ssl.client.auth": "required",
      },
    }).then((kafka) => stack.use(kafka)),
    startPostgres({ tls: { certificate: server.certificate, key: server.key } })
      .then((postgres) => stack.use(postgres)),
  ]);
  const started = stack.move();
  return {
    kafka,
    postgres,
    authority,
    client,
    settings: {
      KAFKA_SECURITY_PROTOCOL: "SSL",
      KAFKA_SSL_CAFILE: authority.self.certificateFile,
      KAFKA_SSL_CERTFILE: client.certificateFile,
      KAFKA_SSL_KEYFILE: client.keyFile,
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: authority.self.certificateFile,
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
