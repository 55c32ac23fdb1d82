/** Pids of the child processes of `pid`. */
export async function childrenOf(pid: number): Promise<number[]> {
  if (Deno.build.os === "linux") {
    // `ps` may not be installed.
    const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
    return children.split(" ").filter(Boolean).map(Number);
  }
  const { stdout } = await new Deno.Command("ps", { args: ["-A", "-o", "ppid=,pid="] }).output();
  return new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([parent, child]) => parent === pid && child !== undefined ? [child] : []);
}

/** The command line of a process; empty if the process does not exist. */
export async function commandLineOf(pid: number): Promise<string> {
  if (Deno.build.os === "linux") {
    try {
      return (await Deno.readTextFile(`/proc/${pid}/cmdline`)).replaceAll("\0", " ");
    } catch {
      return "";
    }
  }
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "command=", "-p", `${pid}`] }).output();
  return new TextDecoder().decode(stdout);
}

/** Whether a process exists. */
export function isProcessRunning(pid: number): boolean {
  try {
    // SIGCONT has no effect on a running process.
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) return true;
    throw error;
  }
}

/** Sends SIGKILL if the process exists. */
export function killIfRunning(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether this process is in the foreground of its terminal; false if it has none. */
export async function isForeground(): Promise<boolean> {
  if (Deno.build.os === "linux") {
    // After the name in parentheses: state, ppid, pgrp, session, tty_nr, tpgid.
    const stat = await Deno.readTextFile("/proc/self/stat");
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  }
  const args = ["-o", "pgid=,tpgid=", "-p", `${Deno.pid}`];
  const { stdout } = await new Deno.Command("ps", { args }).output();
  const [group, foreground] = new TextDecoder().decode(stdout).trim().split(/\s+/);
  return group === foreground;
}
