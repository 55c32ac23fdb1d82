import { commandLineOf } from "./process_list.ts";
import { ServerError } from "./types.ts";
import { waitUntil } from "./wait_until.ts";

/** How long to wait for a server that an earlier program left behind. */
const OTHER_SERVER_TIMEOUT_MS = 15_000;

/** The folder of an embedded server: data, configuration and log. */
export class DataFolder implements AsyncDisposable {
  readonly path: string;
  /** Whether the folder is removed on dispose. */
  readonly temporary: boolean;
  readonly logFile: string;
  readonly #pidFile: string;

  private constructor(name: string, path: string, temporary: boolean, logFile: string) {
    this.path = path;
    this.temporary = temporary;
    this.logFile = `${path}/${logFile}`;
    this.#pidFile = pidFileIn(path, name);
  }

  /**
   * Opens the folder and creates it if needed. The log of an earlier run is renamed to `….previous`.
   *
   * @param name of the server
   * @param path default: a new temporary folder
   * @param logFile path of the log in the folder
   * @throws {ServerError} if another server still uses the folder
   */
  static async open(name: string, path?: string, logFile = `${name}.log`): Promise<DataFolder> {
    if (path === undefined) {
      return new DataFolder(name, await Deno.makeTempDir({ prefix: `${name}-` }), true, logFile);
    }
    await Deno.mkdir(path, { recursive: true });
    const folder = new DataFolder(name, await Deno.realPath(path), false, logFile);
    await waitForEarlierServer(name, path);
    await Deno.rename(folder.logFile, `${folder.logFile}.previous`).catch(() => {});
    return folder;
  }

  /** Records the process that uses the folder. */
  writePidFile(pid: number): void {
    Deno.writeTextFileSync(this.#pidFile, `${pid}\n`);
  }

  /** The path of a file in the folder. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Current size of the log, bytes. */
  logSize(): number {
    try {
      return Deno.statSync(this.logFile).size;
    } catch {
      return 0;
    }
  }

  /** The log from an offset on. */
  logSince(size: number): string {
    using file = Deno.openSync(this.logFile);
    file.seekSync(size, Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.max(0, file.statSync().size - size));
    const read = file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, read));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.temporary) await Deno.remove(this.path, { recursive: true });
  }
}

const pidFileIn = (path: string, name: string): string => `${path}/${name}.pid`;

/**
 * Waits for the server of a killed program: the watcher of `ServerProcess` stops it, which takes a moment.
 *
 * @param name of the server
 * @param path of its folder
 * @throws {ServerError} if it does not end
 */
export async function waitForEarlierServer(name: string, path: string): Promise<void> {
  const file = pidFileIn(path, name);
  if (!exists(file)) return;
  const pid = parseInt(await Deno.readTextFile(file));
  const folder = await Deno.realPath(path);
  const hasEnded = async () => !(await commandLineOf(pid)).includes(name === "kafka" ? folder : name);
  try {
    await waitUntil(`process ${pid} to end`, hasEnded, { timeoutMs: OTHER_SERVER_TIMEOUT_MS });
  } catch {
    throw new ServerError(`A ${name} server (pid ${pid}) still uses ${folder}. Stop it with: kill ${pid}`);
  }
}

/** Whether a file or folder exists. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
