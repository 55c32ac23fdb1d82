import { PostgreSqlContainer } from "@testcontainers/postgresql";
import { Wait } from "testcontainers";
import { ContainerServer, engineHost, startContainer, type StartedContainer } from "./container_server.ts";
import { freePort } from "./free_port.ts";
import { postgresArguments, postgresFiles, postgresUrl, SUPERUSER } from "./postgres_settings.ts";
import type { PostgresOptions, PostgresServer } from "./types.ts";

const IMAGE = "postgres:18";
const PORT = 5432;

/** The image's volume, and the WAL folder outside of it. */
const DATA = "/var/lib/postgresql";
const WAL = "/tmp/wal";

/** Files for the server, owned by root. */
const COPIED_FILES = "/tmp/copied";
/** Copies of the files, owned by the server. */
const FILES = "/tmp/settings";

/** Logged after each start when the server accepts connections. */
const READY = "Accepting connections.";

/**
 * PostgreSQL requires that it owns the private key. It must not be process 1, which inherits the processes of `docker exec`:
 * PostgreSQL treats the exit of an unknown child with an exit code such as 2 of pg_isready as a crash. Polls over TCP, where the
 * temporary server of the initialization does not listen, and only until the server is ready: a health check would start processes
 * for as long as the container runs.
 */
const ENTRYPOINT = `
install -d -o postgres -g postgres -m 700 ${FILES}
install -o postgres -g postgres -m 600 ${COPIED_FILES}/* ${FILES}
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

/** Disables the health check; missing in the library's type. */
const NO_CHECK = ["NONE"] as unknown as ["CMD", string];

/** Starts PostgreSQL in a container. */
export async function startContainerPostgres(options: PostgresOptions): Promise<PostgresServer> {
  // A port chosen by Docker would change with each start.
  const port = options.port ?? freePort();
  const alias = options.networkAlias ?? "postgres";
  const container = new PostgreSqlContainer(IMAGE)
    .withUsername(SUPERUSER.user)
    .withPassword(SUPERUSER.password)
    .withDatabase(SUPERUSER.database)
    // As for embedded servers: the system writes the new files soon, and on a busy disk it takes minutes to wait for that.
    .withEnvironment({ POSTGRES_INITDB_ARGS: "--no-sync" })
    .withExposedPorts({ container: PORT, host: port })
    .withCopyContentToContainer(
      Object.entries(postgresFiles(options))
        .map(([name, content]) => ({ content, target: `${COPIED_FILES}/${name}`, mode: 0o600 })),
    )
    .withHealthCheck({ test: NO_CHECK })
    .withWaitStrategy(Wait.forLogMessage(READY))
    .withEntrypoint(["sh", "-ec", ENTRYPOINT, "sh"])
    .withCommand(["postgres", ...postgresArguments(FILES, options)]);
  if (options.network) container.withNetwork(options.network).withNetworkAliases(alias);
  if (options.dataMegabytes) {
    container.withTmpFs({ [DATA]: `rw,size=${options.dataMegabytes}m` }).withEnvironment({
      POSTGRES_INITDB_WALDIR: WAL,
    });
  }
  const started = await startContainer("PostgreSQL", container, IMAGE, DATA, options);
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
