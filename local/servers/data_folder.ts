import { commandLineOf } from "./process_list.ts";
import { ServerError } from "./server_error.ts";
import { waitUntil } from "./wait_until.ts";

/** Milliseconds to wait for the server that an earlier program left behind. */
const OTHER_SERVER_TIMEOUT_MS = 15_000;

/** The folder of an embedded server: its data, its configuration and its log. */
export class DataFolder implements AsyncDisposable {
  readonly path: string;
  /** Whether it is removed on dispose. */
  readonly temporary: boolean;
  readonly logFile: string;
  readonly #pidFile: string;

  private constructor(name: string, path: string, temporary: boolean, logFile: string) {
    this.path = path;
    this.temporary = temporary;
    this.logFile = `${path}/${logFile}`;
    this.#pidFile = `${path}/${name}.pid`;
  }

  /**
   * Makes the folder where it is missing. The log of an earlier run moves aside.
   *
   * @param name The server's name, for the log file.
   * @param path Default: a new folder for temporary files.
   * @param logFile Where in the folder the log is.
   */
  static async open(name: string, path?: string, logFile = `${name}.log`): Promise<DataFolder> {
    if (path === undefined) {
      return new DataFolder(name, await Deno.makeTempDir({ prefix: `${name}-` }), true, logFile);
    }
    await Deno.mkdir(path, { recursive: true });
    const folder = new DataFolder(name, await Deno.realPath(path), false, logFile);
    await folder.#waitForOther(name);
    await Deno.rename(folder.logFile, `${folder.logFile}.previous`).catch(() => {});
    return folder;
  }

  /** Notes which process works on it. */
  writePidFile(pid: number): void {
    Deno.writeTextFileSync(this.#pidFile, `${pid}\n`);
  }

  /** The path of a file in it. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Bytes in the log so far. */
  logSize(): number {
    try {
      return Deno.statSync(this.logFile).size;
    } catch {
      return 0;
    }
  }

  /** What was logged since it had that many bytes. */
  logSince(size: number): string {
    using file = Deno.openSync(this.logFile);
    file.seekSync(size, Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.max(0, file.statSync().size - size));
    const read = file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, read));
  }

  /** A server whose program has died is being stopped, see `ServerProcess`; that takes a moment. */
  async #waitForOther(name: string): Promise<void> {
    let pid: number;
    try {
      pid = parseInt(await Deno.readTextFile(this.#pidFile));
    } catch {
      return;
    }
    const isGone = async () => !(await commandLineOf(pid)).includes(name === "kafka" ? this.path : name);
    if (await waitUntil(isGone, OTHER_SERVER_TIMEOUT_MS)) return;
    throw new ServerError(
      `A ${name} server, process ${pid}, still works on ${this.path}. Stop it: kill ${pid}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.temporary) await Deno.remove(this.path, { recursive: true });
  }
}
