import { DataFolder } from "./data_folder.ts";
import { freePort, isPortFree } from "./free_port.ts";
import { postgresAccount } from "./postgres_account.ts";
import { type PostgresBinaries, postgresBinaries } from "./postgres_binaries.ts";
import { PostgresCluster } from "./postgres_cluster.ts";
import { postgresArguments, postgresFiles, postgresUrl, SUPERUSER } from "./postgres_settings.ts";
import { childrenOf, isProcessRunning, killIfRunning } from "./process_list.ts";
import { ServerError } from "./server_error.ts";
import { lastLinesOf, ServerProcess } from "./server_process.ts";
import type { PostgresOptions, PostgresServer } from "./types.ts";
import { waitUntil } from "./wait_until.ts";

/** Milliseconds that PostgreSQL has to start, recovery after a crash included. */
const START_TIMEOUT_MS = 60_000;

/** Beside the data, where the account that writes it gets at it. */
const LOG_FILE = "data/postgres.log";

/** Starts PostgreSQL as processes of this machine. */
export async function startEmbeddedPostgres(options: PostgresOptions): Promise<PostgresServer> {
  if (options.port !== undefined && !isPortFree(options.port)) {
    throw new ServerError(`PostgreSQL can't listen on port ${options.port}: it is taken`);
  }
  const account = await postgresAccount();
  const binaries = await postgresBinaries(account);
  const folder = await DataFolder.open("postgres", options.dataFolder, LOG_FILE);
  const server = new EmbeddedPostgres(
    binaries,
    new PostgresCluster(folder, binaries, account),
    folder,
    options,
  );
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

class EmbeddedPostgres implements PostgresServer {
  readonly kind = "embedded";
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly user = SUPERUSER.user;
  readonly password = SUPERUSER.password;
  readonly database = SUPERUSER.database;
  readonly #binaries: PostgresBinaries;
  readonly #cluster: PostgresCluster;
  readonly #folder: DataFolder;
  readonly #options: PostgresOptions;
  #process: ServerProcess | undefined;

  constructor(
    binaries: PostgresBinaries,
    cluster: PostgresCluster,
    folder: DataFolder,
    options: PostgresOptions,
  ) {
    this.#binaries = binaries;
    this.#cluster = cluster;
    this.#folder = folder;
    this.#options = options;
    this.port = options.port ?? freePort();
  }

  url(database: string = this.database): string {
    return postgresUrl(this.host, this.port, database);
  }

  async start(): Promise<void> {
    if (this.#process?.running) return;
    const data = await this.#cluster.create(this.#options.onProgress);
    await this.#cluster.write(postgresFiles(this.#options));
    this.#options.onProgress?.("starting PostgreSQL");
    const process = this.#process = new ServerProcess({
      command: this.#binaries.postgres,
      args: [
        ...["-D", data, "-p", `${this.port}`],
        ...["-c", `listen_addresses=${this.host}`, "-c", "unix_socket_directories="],
        ...postgresArguments(data, this.#options),
      ],
      ...this.#cluster.runsAs,
      logFile: `${data}/postgres.log`,
      // Its "fast" way: it ends sessions, where SIGTERM would wait for them.
      stopSignal: "SIGINT",
      ...this.#folder.temporary && { removeFolder: this.#folder.path },
    });
    this.#folder.writePidFile(process.pid);
    const ready = () => this.#cluster.isReady(process.pid);
    await waitUntil(() => !process.running || ready(), START_TIMEOUT_MS);
    if (process.running && ready()) return;
    await process.stop(1_000);
    throw new ServerError(
      `PostgreSQL did not start. The end of its log:\n${lastLinesOf(this.#folder.logFile, 20)}`,
    );
  }

  async stop(): Promise<void> {
    await this.#end((process) => process.stop());
  }

  async kill(): Promise<void> {
    await this.#end((process) => process.kill());
  }

  /**
   * Ends the server, and what a killed one leaves behind: children that serve a client may notice only when the client
   * speaks, and as long as one is left no new server can start on the data. One that ends in order leaves none.
   */
  async #end(end: (process: ServerProcess) => Promise<Deno.CommandStatus>): Promise<void> {
    const process = this.#process;
    if (!process?.running) return;
    const children = await childrenOf(process.pid);
    const { signal } = await end(process);
    if (signal !== "SIGKILL") return;
    children.forEach(killIfRunning);
    await waitUntil(() => !children.some(isProcessRunning), 10_000);
  }

  running(): Promise<boolean> {
    return Promise.resolve(this.#process?.running ?? false);
  }

  logs(): string {
    return lastLinesOf(this.#folder.logFile, 200);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#cluster[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
