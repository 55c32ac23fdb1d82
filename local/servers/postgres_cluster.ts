import { type DataFolder, exists } from "./data_folder.ts";
import { cleanEnvironment } from "./environment.ts";
import { canAccess } from "./postgres_account.ts";
import type { PostgresBinaries } from "./postgres_binaries.ts";
import { SUPERUSER } from "./postgres_settings.ts";
import { ServerError } from "./types.ts";
import type { Account } from "./server_process.ts";

/** A place that every user of the machine gets at. */
const SHARED_FOLDER = "/var/tmp";

/** The data of an embedded PostgreSQL (a "database cluster"), and the account that owns it. */
export class PostgresCluster implements AsyncDisposable {
  /** The data, or a link to it. */
  readonly #path: string;
  readonly #folder: DataFolder;
  readonly #binaries: PostgresBinaries;
  readonly #account: Account | undefined;

  /** @param account Who PostgreSQL runs as; default: the user of this program. */
  constructor(folder: DataFolder, binaries: PostgresBinaries, account: Account | undefined) {
    this.#path = folder.file("data");
    this.#folder = folder;
    this.#binaries = binaries;
    this.#account = account;
  }

  /** Options of a process that works on the data. */
  get runsAs(): { cwd: string; account?: Account } {
    return { cwd: Deno.realPathSync(this.#path), ...this.#account && { account: this.#account } };
  }

  /** Makes it where it is missing; returns its folder. */
  async create(onProgress?: (message: string) => void): Promise<string> {
    if (!exists(this.#path)) {
      onProgress?.("making the data folder of PostgreSQL");
      // It gets its name when it is whole.
      const made = await this.#makeFolder(`${this.#path}.unfinished`);
      await this.#initialize(await Deno.realPath(made));
      await Deno.rename(made, this.#path);
    }
    return await Deno.realPath(this.#path);
  }

  /** Writes files into the data folder, readable to the server only. */
  async write(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = `${this.#path}/${name}`;
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      if (this.#account) await Deno.chown(path, this.#account.uid, this.#account.gid);
    }
  }

  /** Whether the server of that process id takes clients; it says so in its pid file, as `pg_ctl` knows. */
  isReady(pid: number): boolean {
    try {
      const lines = Deno.readTextFileSync(`${this.#path}/postmaster.pid`).split("\n");
      return lines[0] === `${pid}` && lines[7]?.trim() === "ready";
    } catch {
      return false;
    }
  }

  /** Removes data that lies elsewhere because the temporary folder is closed to the account. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#folder.temporary || !exists(this.#path)) return;
    await Deno.remove(await Deno.realPath(this.#path), { recursive: true });
  }

  /** Makes an empty folder of the account's own, or a link to one where the account gets at it. */
  async #makeFolder(path: string): Promise<string> {
    await Deno.remove(path, { recursive: true }).catch(() => {});
    // Folders for temporary files are closed to all but who made them.
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
      // What an attempt that was cut off left behind would be in the way.
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
      const said = text.decode(stdout) + text.decode(stderr);
      throw new ServerError(`The data folder of PostgreSQL could not be made:\n${said}`);
    } finally {
      await Deno.remove(passwordFile);
    }
  }
}
