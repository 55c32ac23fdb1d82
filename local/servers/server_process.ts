/**
 * Server processes that outlive neither their server object nor the program that started them.
 *
 * @module
 */

import { cleanEnvironment } from "./environment.ts";

/** What to run, and as whom. */
export interface ServerCommand {
  command: string;
  args: string[];
  /** Besides {@link cleanEnvironment}. */
  env?: Record<string, string>;
  cwd?: string;
  /** User and group to run as; needs root. */
  account?: Account;
  /** Gets everything that it prints; appended to. */
  logFile: string;
  /** Signal that stops it quickly and in order. */
  stopSignal: Deno.Signal;
  /** Folder to remove with it when this program dies. */
  removeFolder?: string;
  /** Called when it has ended, however that happened. */
  onEnd?: () => void;
}

/** Ids of a user of the machine. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * A running server process. It leads a process group of its own, so that Ctrl-C in the terminal does not reach it: who
 * started it decides about the order in which things stop. Should this program die without stopping it, however that
 * happens, a watching shell stops it.
 */
export class ServerProcess {
  readonly pid: number;
  readonly #ended: Promise<Deno.CommandStatus>;
  #status: Deno.CommandStatus | undefined;
  readonly #child: Deno.ChildProcess;
  readonly #watcher: Watcher;
  readonly #stopSignal: Deno.Signal;

  /** Starts `command`; returns as soon as the process is there. */
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

  /** Whether it is still there. */
  get running(): boolean {
    return this.#status === undefined;
  }

  /** Waits until it has ended by itself. */
  async ended(): Promise<Deno.CommandStatus> {
    this.#child.ref();
    return await this.#ended;
  }

  /** Sends a signal, if it is still there. */
  signal(signal: Deno.Signal): void {
    if (!this.running) return;
    try {
      this.#child.kill(signal);
    } catch {
      // It ended just now.
    }
  }

  /** Asks it to stop, insists with SIGKILL after `patienceMs`, and waits until it is gone. */
  async stop(timeoutMs = 20_000): Promise<Deno.CommandStatus> {
    if (this.running) await this.#watcher.tell("asked");
    this.signal(this.#stopSignal);
    const timer = setTimeout(() => this.signal("SIGKILL"), timeoutMs);
    try {
      return await this.ended();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it with SIGKILL, and waits until it is gone. */
  async kill(): Promise<Deno.CommandStatus> {
    this.signal("SIGKILL");
    return await this.ended();
  }
}

/** The end of a text file; empty when it can't be read. */
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

/** Makes the log file, so that the account of the process can write it. */
function prepareLog({ logFile, account }: ServerCommand): void {
  Deno.openSync(logFile, { append: true, create: true }).close();
  if (account) Deno.chownSync(logFile, account.uid, account.gid);
}

/**
 * Reads what its program tells it. The end of that without `over` means that the program has died: then it stops the
 * process. One that was `asked` to stop already is not asked again, since many take that for impatience.
 */
const WATCHER = `
trap '' HUP INT TERM
asked=
while read -r line; do
  [ "$line" != over ] || exit 0
  asked=yes
done
[ "$asked" ] || { kill -CONT "$1" && kill -s "$2" "$1"; }
tries=0
while kill -0 "$1" && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -9 "$1"
[ -z "$3" ] || rm -rf -- "$3"
`;

/** The shell that stops the process should this program die. */
interface Watcher {
  tell(line: "asked" | "over"): Promise<void>;
  /** Ends it; the process is over. */
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
  const tell = (line: string) => writer.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  return {
    tell,
    dismiss: async () => {
      shell.ref();
      await tell("over");
      await writer.close().catch(() => {});
      await shell.status;
    },
  };
}
