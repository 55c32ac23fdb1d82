/**
 * Child processes that are stopped with their owner, even if the owner is killed.
 *
 * @module
 */

import { cleanEnvironment } from "./environment.ts";

export interface ServerCommand {
  command: string;
  args: string[];
  /** In addition to {@link cleanEnvironment}. */
  env?: Record<string, string>;
  cwd?: string;
  /** User and group to run as; requires root. */
  account?: Account;
  /** Standard output and standard error are appended to this file. */
  logFile: string;
  /** Signal for a fast clean shutdown. */
  stopSignal: Deno.Signal;
  /** Folder to remove when this program is killed. */
  removeFolder?: string;
  /** Called when the process has ended for any reason. */
  onEnd?: () => void;
}

export interface Account {
  uid: number;
  gid: number;
}

/**
 * A running server process in its own process group, so that Ctrl-C in the terminal does not reach it and its owner determines the
 * order of shutdown. If this program is killed, a watcher shell stops the process.
 */
export class ServerProcess {
  readonly pid: number;
  readonly #ended: Promise<Deno.CommandStatus>;
  #status: Deno.CommandStatus | undefined;
  readonly #child: Deno.ChildProcess;
  readonly #watcher: Watcher;
  readonly #stopSignal: Deno.Signal;

  /** Starts the process; does not wait until it is ready. */
  constructor(command: ServerCommand) {
    this.#stopSignal = command.stopSignal;
    prepareLog(command);
    this.#child = new Deno.Command("/bin/sh", {
      args: ["-c", 'exec "$@" >>"$0" 2>&1', command.logFile, command.command, ...command.args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
      ...cleanEnvironment(command.env),
      ...command.cwd && { cwd: command.cwd },
      ...command.account,
    }).spawn();
    this.#child.unref();
    this.pid = this.#child.pid;
    this.#watcher = watch(this.pid, command.stopSignal, command.removeFolder);
    this.#ended = this.#child.status.then(async (status) => {
      this.#status = status;
      await this.#watcher.dismiss();
      command.onEnd?.();
      return status;
    });
  }

  get running(): boolean {
    return this.#status === undefined;
  }

  /** Waits until the process ends. */
  async ended(): Promise<Deno.CommandStatus> {
    this.#child.ref();
    return await this.#ended;
  }

  /** Sends a signal if the process is running. */
  signal(signal: Deno.Signal): void {
    if (!this.running) return;
    try {
      this.#child.kill(signal);
    } catch {
      // The process has just ended.
    }
  }

  /** Sends the stop signal, after `timeoutMs` SIGKILL, and waits until the process has ended. */
  async stop(timeoutMs = 20_000): Promise<Deno.CommandStatus> {
    if (this.running) await this.#watcher.send("stopping");
    this.signal(this.#stopSignal);
    const timer = setTimeout(() => this.signal("SIGKILL"), timeoutMs);
    try {
      return await this.ended();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends SIGKILL and waits until the process has ended. */
  async kill(): Promise<Deno.CommandStatus> {
    this.signal("SIGKILL");
    return await this.ended();
  }
}

/** The last lines of a text file; empty if it cannot be read. */
export function lastLinesOf(path: string, lines: number): string {
  try {
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    const length = Math.min(size, lines * 400);
    file.seekSync(-length, Deno.SeekMode.End);
    const bytes = new Uint8Array(length);
    const read = file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, read)).trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

/** Creates the log file, writable by the account of the process. */
function prepareLog({ logFile, account }: ServerCommand): void {
  Deno.openSync(logFile, { append: true, create: true }).close();
  if (account) Deno.chownSync(logFile, account.uid, account.gid);
}

/**
 * Reads commands of this program. End of input without `done` means that this program was killed: stops the process. After
 * `stopping` it does not send the stop signal again, since many programs exit immediately on a second signal.
 */
const WATCHER = `
trap '' HUP INT TERM
stopping=
while read -r line; do
  [ "$line" != done ] || exit 0
  stopping=yes
done
[ "$stopping" ] || { kill -CONT "$1" && kill -s "$2" "$1"; }
tries=0
while kill -0 "$1" && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -9 "$1"
[ -z "$3" ] || rm -rf -- "$3"
`;

/** A shell that stops the process if this program is killed. */
interface Watcher {
  send(line: "stopping" | "done"): Promise<void>;
  /** Ends the watcher; the process has ended. */
  dismiss(): Promise<void>;
}

function watch(pid: number, signal: Deno.Signal, folder = ""): Watcher {
  const shell = new Deno.Command("/bin/sh", {
    args: ["-c", WATCHER, "watcher", `${pid}`, signal.slice("SIG".length), folder],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  shell.unref();
  const writer = shell.stdin.getWriter();
  const send = (line: string) => writer.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  return {
    send,
    dismiss: async () => {
      shell.ref();
      await send("done");
      await writer.close().catch(() => {});
      await shell.status;
    },
  };
}
