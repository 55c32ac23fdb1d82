import { type DataFolder, exists } from "./data_folder.ts";
import { cleanEnvironment } from "./environment.ts";
import { canAccess } from "./postgres_account.ts";
import type { PostgresBinaries } from "./postgres_binaries.ts";
import { SUPERUSER } from "./postgres_settings.ts";
import { ServerError } from "./types.ts";
import type { Account } from "./server_process.ts";

/** Accessible to all users. */
const SHARED_FOLDER = "/var/tmp";

/** The data of an embedded PostgreSQL (a database cluster) and its owner. */
export class PostgresCluster implements AsyncDisposable {
  /** The data folder, or a link to it. */
  readonly #path: string;
  readonly #folder: DataFolder;
  readonly #binaries: PostgresBinaries;
  readonly #account: Account | undefined;

  /** @param account of PostgreSQL; default: the current user */
  constructor(folder: DataFolder, binaries: PostgresBinaries, account: Account | undefined) {
    this.#path = folder.file("data");
    this.#folder = folder;
    this.#binaries = binaries;
    this.#account = account;
  }

  /** Working directory and account of the server process. */
  get runsAs(): { cwd: string; account?: Account } {
    return { cwd: Deno.realPathSync(this.#path), ...this.#account && { account: this.#account } };
  }

  /** Initializes the data folder if it does not exist. @returns its path */
  async create(onProgress?: (message: string) => void): Promise<string> {
    if (!exists(this.#path)) {
      onProgress?.("initializing the PostgreSQL data folder");
      // Renamed when it is complete.
      const folder = await this.#makeFolder(`${this.#path}.unfinished`);
      await this.#initialize(await Deno.realPath(folder));
      await Deno.rename(folder, this.#path);
    }
    return await Deno.realPath(this.#path);
  }

  /** Writes files to the data folder, readable only by the server. */
  async write(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = `${this.#path}/${name}`;
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      if (this.#account) await Deno.chown(path, this.#account.uid, this.#account.gid);
    }
  }

  /** Whether the server with this pid accepts clients, according to its pid file, as `pg_ctl` checks it. */
  isReady(pid: number): boolean {
    try {
      const lines = Deno.readTextFileSync(`${this.#path}/postmaster.pid`).split("\n");
      return lines[0] === `${pid}` && lines[7]?.trim() === "ready";
    } catch {
      return false;
    }
  }

  /** Removes temporary data, which is elsewhere if the account cannot access the temporary folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#folder.temporary || !exists(this.#path)) return;
    await Deno.remove(await Deno.realPath(this.#path), { recursive: true });
  }

  /** Creates an empty folder owned by the account, or a link to one if the account cannot access this path. */
  async #makeFolder(path: string): Promise<string> {
    await Deno.remove(path, { recursive: true }).catch(() => {});
    // Temporary folders are accessible only to their owner.
    if (this.#folder.temporary) await Deno.chmod(this.#folder.path, 0o711);
    await Deno.mkdir(path, { mode: 0o700 });
    if (!this.#account) return path;
    await Deno.chown(path, this.#account.uid, this.#account.gid);
    if (await canAccess(this.#account, "-w", path)) return path;
    await Deno.remove(path);
    const elsewhere = await Deno.makeTempDir({ dir: SHARED_FOLDER, prefix: "embedded-postgres-data-" });
    await Deno.chown(elsewhere, this.#account.uid, this.#account.gid);
    await Deno.symlink(elsewhere, path);
    return path;
  }

  async #initialize(data: string): Promise<void> {
    const passwordFile = await Deno.makeTempFile({ dir: SHARED_FOLDER });
    try {
      await Deno.writeTextFile(passwordFile, SUPERUSER.password);
      if (this.#account) await Deno.chown(passwordFile, this.#account.uid, this.#account.gid);
      // Removes the files of an aborted attempt.
      for await (const { name } of Deno.readDir(data)) {
        await Deno.remove(`${data}/${name}`, { recursive: true });
      }
      const { success, stdout, stderr } = await new Deno.Command(this.#binaries.initdb, {
        args: [
          `--pgdata=${data}`,
          `--username=${SUPERUSER.user}`,
          `--pwfile=${passwordFile}`,
          ...["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"],
        ],
        cwd: data,
        ...cleanEnvironment(),
        ...this.#account,
      }).output();
      if (success) return;
      const text = new TextDecoder();
      const output = text.decode(stdout) + text.decode(stderr);
      throw new ServerError(`Cannot initialize the PostgreSQL data folder:\n${output}`);
    } finally {
      await Deno.remove(passwordFile);
    }
  }
}
