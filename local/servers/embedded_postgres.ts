import { DataFolder } from "./data_folder.ts";
import { EmbeddedServer, startEmbedded } from "./embedded_server.ts";
import { freePort } from "./free_port.ts";
import { postgresAccount } from "./postgres_account.ts";
import { type PostgresBinaries, postgresBinaries } from "./postgres_binaries.ts";
import { PostgresCluster } from "./postgres_cluster.ts";
import { postgresArguments, postgresFiles, postgresUrl, SUPERUSER } from "./postgres_settings.ts";
import { childrenOf, isProcessRunning, killIfRunning } from "./process_list.ts";
import { lastLinesOf, ServerProcess } from "./server_process.ts";
import { type PostgresOptions, type PostgresServer, ServerError } from "./types.ts";
import { waitUntil } from "./wait_until.ts";

/** Includes recovery after a crash. */
const START_TIMEOUT_MS = 60_000;
const CHILDREN_TIMEOUT_MS = 10_000;

/** In the data folder, which the server's account can access. */
const LOG_FILE = "data/postgres.log";

/** Starts PostgreSQL as processes of this machine. */
export async function startEmbeddedPostgres(options: PostgresOptions): Promise<PostgresServer> {
  return await startEmbedded("PostgreSQL", options, async () => {
    const account = await postgresAccount();
    const binaries = await postgresBinaries(account);
    const folder = await DataFolder.open("postgres", options.dataFolder, LOG_FILE);
    return new EmbeddedPostgres(folder, options, binaries, new PostgresCluster(folder, binaries, account));
  });
}

class EmbeddedPostgres extends EmbeddedServer<PostgresOptions> implements PostgresServer {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly user = SUPERUSER.user;
  readonly password = SUPERUSER.password;
  readonly database = SUPERUSER.database;
  readonly #binaries: PostgresBinaries;
  readonly #cluster: PostgresCluster;

  constructor(
    folder: DataFolder,
    options: PostgresOptions,
    binaries: PostgresBinaries,
    cluster: PostgresCluster,
  ) {
    super(folder, options);
    this.#binaries = binaries;
    this.#cluster = cluster;
    this.port = options.port ?? freePort();
  }

  url(database: string = this.database): string {
    return postgresUrl(this.host, this.port, database);
  }

  async start(): Promise<void> {
    if (this.process?.running) return;
    const data = await this.#cluster.create(this.options.onProgress);
    await this.#cluster.write(postgresFiles(this.options));
    this.options.onProgress?.("starting PostgreSQL");
    const process = this.process = new ServerProcess({
      command: this.#binaries.postgres,
      args: [
        ...["-D", data, "-p", `${this.port}`],
        ...["-c", `listen_addresses=${this.host}`, "-c", "unix_socket_directories="],
        ...postgresArguments(data, this.options),
      ],
      ...this.#cluster.runsAs,
      logFile: `${data}/postgres.log`,
      // "Fast shutdown": ends sessions. SIGTERM would wait for them.
      stopSignal: "SIGINT",
      ...this.folder.temporary && { removeFolder: this.folder.path },
    });
    this.folder.writePidFile(process.pid);
    const isReady = () => this.#cluster.isReady(process.pid);
    await waitUntil("PostgreSQL to start", () => !process.running || isReady(), {
      timeoutMs: START_TIMEOUT_MS,
    }).catch(() => {});
    if (process.running && isReady()) return;
    await process.stop(1_000);
    throw new ServerError(
      `PostgreSQL did not start. The end of its log:\n${lastLinesOf(this.folder.logFile, 20)}`,
    );
  }

  async stop(): Promise<void> {
    await this.#end((process) => process.stop());
  }

  async kill(): Promise<void> {
    await this.#end((process) => process.kill());
  }

  /**
   * Ends the server. A killed server leaves behind the backends that wait for their clients, and no server can start on
   * the data while one of them runs, so kills them, too.
   */
  async #end(end: (process: ServerProcess) => Promise<Deno.CommandStatus>): Promise<void> {
    const process = this.process;
    if (!process?.running) return;
    const children = await childrenOf(process.pid);
    const { signal } = await end(process);
    if (signal !== "SIGKILL") return;
    children.forEach(killIfRunning);
    await waitUntil("the backends to end", () => !children.some(isProcessRunning), {
      timeoutMs: CHILDREN_TIMEOUT_MS,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#cluster[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}
