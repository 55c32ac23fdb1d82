/**
 * Debian's pgbouncer, a connection pooler, in transaction mode in front of a PostgreSQL server.
 *
 * @see https://www.pgbouncer.org/config.html
 * @module
 */
import { Client } from "pg";
import { freePort } from "../../local/servers/free_port.ts";
import { postgresAccount } from "../../local/servers/postgres_account.ts";
import { ServerError } from "../../local/servers/types.ts";
import { lastLinesOf, ServerProcess } from "../../local/servers/server_process.ts";
import type { PostgresServer } from "../../local/servers/types.ts";
import { waitUntil } from "../../local/servers/wait_until.ts";

const START_TIMEOUT_MS = 10_000;
/** A folder that PostgreSQL's user can read. */
const SHARED_FOLDER = "/var/tmp";

/** Path of the program; `undefined` if it is not installed. */
const PROGRAM = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

export const isPgbouncerAvailable = (): boolean => PROGRAM !== undefined;

export class Pgbouncer implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly port = freePort();

  private constructor(
    private readonly server: PostgresServer,
    private readonly folder: string,
  ) {}

  #process: ServerProcess | undefined;

  /**
   * Starts pgbouncer. It accepts all clients and connects to the server as superuser.
   *
   * @param poolSize server connections per database
   * @throws {ServerError} if it is not installed or does not start
   */
  static async start(server: PostgresServer, poolSize: number): Promise<Pgbouncer> {
    if (PROGRAM === undefined) throw new ServerError("pgbouncer is not installed: apt-get install pgbouncer");
    const folder = await Deno.makeTempDir({ dir: SHARED_FOLDER, prefix: "pgbouncer-" });
    const pgbouncer = new Pgbouncer(server, folder);
    try {
      await pgbouncer.#start(PROGRAM, poolSize);
      return pgbouncer;
    } catch (error) {
      await pgbouncer[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Server connections to a database, from SHOW SERVERS. */
  async servers(database: string): Promise<{ state: string; link: string }[]> {
    const client = new Client({
      host: this.host,
      port: this.port,
      user: this.server.user,
      database: "pgbouncer",
    });
    await client.connect();
    try {
      const { rows } = await client.query<{ database: string; state: string; link: string }>("SHOW SERVERS");
      return rows.filter((row) => row.database === database);
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.stop();
    await Deno.remove(this.folder, { recursive: true });
  }

  async #start(program: string, poolSize: number): Promise<void> {
    const { host, port, user, password } = this.server;
    const file = `${this.folder}/pgbouncer.ini`, logFile = `${this.folder}/pgbouncer.log`;
    await Deno.writeTextFile(
      file,
      `[databases]
* = host=${host} port=${port} user=${user} password=${password}
[pgbouncer]
listen_addr = ${this.host}
listen_port = ${this.port}
unix_socket_dir =
auth_type = any
admin_users = ${user}
pool_mode = transaction
default_pool_size = ${poolSize}
server_login_retry = 1
log_connections = 0
log_disconnections = 0
`,
    );
    const account = await postgresAccount();
    for (const path of [this.folder, file]) if (account) await Deno.chown(path, account.uid, account.gid);
    this.#process = new ServerProcess({
      command: program,
      args: [file],
      cwd: this.folder,
      ...account && { account },
      logFile,
      // Closes all connections at once.
      stopSignal: "SIGTERM",
      removeFolder: this.folder,
    });
    try {
      await waitUntil("pgbouncer to start", () => this.servers(""), { timeoutMs: START_TIMEOUT_MS });
    } catch {
      throw new ServerError(`pgbouncer did not start. The end of its log:\n${lastLinesOf(logFile, 20)}`);
    }
  }
}
