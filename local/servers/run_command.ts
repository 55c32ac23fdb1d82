import { cleanEnvironment } from "./environment.ts";
import type { ToolOptions, ToolResult } from "./types.ts";

/**
 * Runs a program and waits until it exits.
 *
 * @throws {Error} if the program cannot be started, or exceeds `timeoutMs` and is killed
 */
export async function runCommand(
  command: string,
  args: string[],
  { stdin, timeoutMs = 30_000, signal }: ToolOptions = {},
): Promise<ToolResult> {
  const child = new Deno.Command(command, {
    args,
    ...cleanEnvironment(),
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  const kill = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", kill);
  try {
    const [{ code, stdout, stderr }] = await Promise.all([child.output(), feed(child, stdin)]);
    const text = new TextDecoder();
    const result = { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
    if (timedOut) {
      throw new Error(`Timed out after ${timeoutMs} ms: ${command} ${args.join(" ")}\n${result.stderr}`);
    }
    return result;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
}

async function feed(child: Deno.ChildProcess, stdin: string | Uint8Array | undefined): Promise<void> {
  if (stdin === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
    await writer.close();
  } catch {
    // The program exited without reading all input; its exit code tells why.
  }
}
