/**
 * Runs a program and measures the whole process from outside: time, CPU, memory.
 *
 * @module
 */
import { PROJECT } from "../harness/project.ts";

/** Load average over the last minute: how busy the machine was, with what is measured and with other things. */
export const loadAverage = (): number => Deno.loadavg()[0]!;

/** What a program took. */
export interface Usage {
  /** From its start to its end. */
  readonly wallSeconds: number;
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  /** Most memory that it ever had resident; `undefined` where the platform does not tell (it is Linux' `VmHWM`). */
  readonly peakBytes: number | undefined;
}

/** A program that runs. */
export interface Running {
  /** When it was started, by `performance.now()`. */
  readonly started: number;
  /** What it took, once it has ended. Rejects, with the end of what it printed, when its exit code is not 0. */
  readonly ended: Promise<Usage & { readonly output: string }>;
  /** Asks it to end (SIGTERM). */
  stop(): Promise<void>;
}

/** Between two looks at the memory. It is a high-water mark, so that only what happens after the last look is missed. */
const POLL_INTERVAL_MS = 50;
const TAIL = 3_000;

/** bash's own `time` tells the CPU time of a child, which no API of Deno's does. */
const TIMED = `TIMEFORMAT='bench-usage %R %U %S'; time "$@"`;

/** Starts `deno` with these arguments in the folder `cwd`. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = PROJECT,
): Running {
  const started = performance.now();
  const child = new Deno.Command("bash", {
    args: ["-c", TIMED, "bench", Deno.execPath(), ...args],
    cwd,
    env: { ...env, LOG_FORMAT: "json", LOG_SUMMARY_SECONDS: "3600" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let peak: number | undefined;
  let pid: number | undefined;
  const look = setInterval(async () => {
    pid ??= await childOf(child.pid);
    if (pid !== undefined) peak = await highWaterMark(pid) ?? peak;
  }, POLL_INTERVAL_MS);
  const ended = child.output().then(({ code, stdout, stderr }) => {
    const text = new TextDecoder();
    const errors = text.decode(stderr), output = text.decode(stdout);
    const [, wall, user, system] = /bench-usage ([\d.]+) ([\d.]+) ([\d.]+)/.exec(errors) ?? [];
    if (code !== 0 || wall === undefined) {
      throw new Error(
        `deno ${args.join(" ")} ended with exit code ${code}:\n${(output + errors).slice(-TAIL)}`,
      );
    }
    return {
      wallSeconds: Number(wall),
      cpuSeconds: Number(user) + Number(system),
      peakBytes: peak,
      output,
    };
  }).finally(() => clearInterval(look));
  ended.catch(() => {});
  return {
    started,
    ended,
    stop: async () => {
      pid ??= await childOf(child.pid);
      if (pid !== undefined) Deno.kill(pid, "SIGTERM");
    },
  };
}

/** The only child of a process. */
async function childOf(pid: number): Promise<number | undefined> {
  const { stdout } = await new Deno.Command("pgrep", { args: ["-P", String(pid)], stderr: "null" }).output();
  const found = Number(new TextDecoder().decode(stdout).trim().split("\n")[0]);
  return found > 0 ? found : undefined;
}

async function highWaterMark(pid: number): Promise<number | undefined> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
