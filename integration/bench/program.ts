/**
 * Runs a program and measures time, CPU time and peak memory of its process.
 *
 * @module
 */
import { PROJECT } from "../harness/project.ts";

/** Load average over one minute. It includes the load of the benchmark itself. */
export const loadAverage = (): number => Deno.loadavg()[0]!;

/** Resources that a process used. */
export interface Usage {
  /** From process start to exit. */
  readonly wallSeconds: number;
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  /** Maximum resident memory (`VmHWM`); `undefined` on other platforms than Linux. */
  readonly peakBytes: number | undefined;
}

export interface RunningProgram {
  /** Resolves after the exit. Rejects with the end of the output if the exit code is not 0. */
  readonly ended: Promise<Usage>;
  /** Sends SIGTERM. */
  stop(): Promise<void>;
}

/** Peak memory is a high-water mark: only an increase after the last poll is missed. */
const MEMORY_POLL_INTERVAL_MS = 50;
/** Length of the output in an error. */
const OUTPUT_TAIL_CHARACTERS = 3_000;

/** Uses `time` of bash, since Deno has no API for the CPU time of a child process. */
const TIME_SCRIPT = `TIMEFORMAT='bench-usage %R %U %S'; time "$@"`;

/** Starts `deno` with these arguments in the folder `cwd`. */
export function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = PROJECT,
): RunningProgram {
  const shell = new Deno.Command("bash", {
    args: ["-c", TIME_SCRIPT, "bench", Deno.execPath(), ...args],
    cwd,
    env: { ...env, LOG_FORMAT: "json", LOG_SUMMARY_SECONDS: "3600" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let peakBytes: number | undefined;
  let pid: number | undefined;
  const memoryPoll = setInterval(async () => {
    pid ??= await childOf(shell.pid);
    if (pid !== undefined) peakBytes = await readPeakBytes(pid) ?? peakBytes;
  }, MEMORY_POLL_INTERVAL_MS);
  const ended = shell.output().then(({ code, stdout, stderr }) => {
    const text = new TextDecoder();
    const errors = text.decode(stderr), output = text.decode(stdout);
    const [, wall, user, system] = /bench-usage ([\d.]+) ([\d.]+) ([\d.]+)/.exec(errors) ?? [];
    if (code !== 0 || wall === undefined) {
      throw new Error(
        `deno ${args.join(" ")} exited with code ${code}:\n${
          (output + errors).slice(-OUTPUT_TAIL_CHARACTERS)
        }`,
      );
    }
    return { wallSeconds: Number(wall), cpuSeconds: Number(user) + Number(system), peakBytes };
  }).finally(() => clearInterval(memoryPoll));
  ended.catch(() => {});
  return {
    ended,
    stop: async () => {
      pid ??= await childOf(shell.pid);
      if (pid !== undefined) Deno.kill(pid, "SIGTERM");
    },
  };
}

/** Returns the only child process of a process. */
async function childOf(pid: number): Promise<number | undefined> {
  const { stdout } = await new Deno.Command("pgrep", { args: ["-P", String(pid)], stderr: "null" }).output();
  const child = Number(new TextDecoder().decode(stdout).trim().split("\n")[0]);
  return child > 0 ? child : undefined;
}

async function readPeakBytes(pid: number): Promise<number | undefined> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
