import { PostgreSqlContainer } from "@testcontainers/postgresql";
import { Wait } from "testcontainers";
import { ContainerServer, engineHost, startContainer, type StartedContainer } from "./container_server.ts";
import { freePort } from "./free_port.ts";
import { postgresArguments, postgresFiles, postgresUrl, SUPERUSER } from "./postgres_settings.ts";
import type { PostgresOptions, PostgresServer } from "./types.ts";

const IMAGE = "postgres:18";
const PORT = 5432;

/** The image's volume, and where the log of transactions lies when it is not to lie in it. */
const DATA = "/var/lib/postgresql";
const LOG = "/tmp/wal";

/** Where files for the server arrive, as root's. */
const DELIVERED = "/tmp/delivered";
/** Where the server reads them. */
const FILES = "/tmp/settings";

/** What the container says when the server does take connections, after each start. */
const READY = "Accepts connections.";

/**
 * The server takes a private key only when it owns it, and other files only when it may read them. It is not to be process 1: that one
 * inherits what is executed in the container, and PostgreSQL takes the end of a process that it does not know, with an exit code such as
 * pg_isready's 2, for a crash of its own. Whether it is ready is asked over TCP, where the one that initializes does not listen, and until
 * it is: a health check would be a process in the container every moment for as long as it runs.
 */
const ENTRYPOINT = `
install -d -o postgres -g postgres -m 700 ${FILES}
install -o postgres -g postgres -m 600 ${DELIVERED}/* ${FILES}
docker-entrypoint.sh "$@" &
server=$!
trap 'kill -INT $server' INT TERM
until pg_isready --quiet --host localhost --username ${SUPERUSER.user}; do
  kill -0 $server 2> /dev/null || exit 1
  sleep 0.2
done
echo '${READY}'
while kill -0 $server 2> /dev/null; do wait $server || true; done
`;

/** Docker's word for no health check; the library's type does not know it. */
const NO_CHECK = ["NONE"] as unknown as ["CMD", string];

/** Starts PostgreSQL in a container. */
export async function startContainerPostgres(options: PostgresOptions): Promise<PostgresServer> {
  // One that Docker chose would be another one after each start.
  const port = options.port ?? freePort();
  const alias = options.networkAlias ?? "postgres";
  const container = new PostgreSqlContainer(IMAGE)
    .withUsername(SUPERUSER.user)
    .withPassword(SUPERUSER.password)
    .withDatabase(SUPERUSER.database)
    .withExposedPorts({ container: PORT, host: port })
    .withCopyContentToContainer(
      Object.entries(postgresFiles(options))
        .map(([name, content]) => ({ content, target: `${DELIVERED}/${name}`, mode: 0o600 })),
    )
    .withHealthCheck({ test: NO_CHECK })
    .withWaitStrategy(Wait.forLogMessage(READY))
    .withEntrypoint(["sh", "-ec", ENTRYPOINT, "sh"])
    .withCommand(["postgres", ...postgresArguments(FILES, options)]);
  if (options.network) container.withNetwork(options.network).withNetworkAliases(alias);
  if (options.dataMegabytes) {
    container.withTmpFs({ [DATA]: `rw,size=${options.dataMegabytes}m` }).withEnvironment({
      POSTGRES_INITDB_WALDIR: LOG,
    });
  }
  options.onProgress?.("starting PostgreSQL in a container");
  const started = await startContainer("PostgreSQL", container);
  return new ContainerPostgres(started, await engineHost(), port, options.network && alias);
}

class ContainerPostgres extends ContainerServer implements PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user = SUPERUSER.user;
  readonly password = SUPERUSER.password;
  readonly database = SUPERUSER.database;
  declare readonly networkHost?: string;
  declare readonly networkPort?: number;

  constructor(started: StartedContainer, host: string, port: number, networkHost: string | undefined) {
    super(started);
    this.host = host;
    this.port = port;
    if (networkHost) {
      this.networkHost = networkHost;
      this.networkPort = PORT;
    }
  }

  url(database: string = this.database): string {
    return postgresUrl(this.host, this.port, database);
  }
}
