/** What a command printed, and how it ended. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the little that commands get of this program's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until it is killed; 60,000 when not given. */
  readonly timeoutMs?: number;
}

/**
 * Runs `docker` to its end, whatever that is. Of this program's environment it sees only what is about Docker: a `PGHOST`
 * would go into the stack.
 */
export async function docker(args: readonly string[], options: CommandOptions = {}): Promise<Output> {
  const { cwd, env = {}, timeoutMs = 60_000 } = options;
  const output = await new Deno.Command("docker", {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    clearEnv: true,
    env: { ...ofDocker(), ...env },
    stdin: "null",
    signal: AbortSignal.timeout(timeoutMs),
  }).output();
  const text = new TextDecoder();
  return { code: output.code, stdout: text.decode(output.stdout), stderr: text.decode(output.stderr) };
}

/** The same, for a command that must succeed: what it printed on its standard output. */
export async function dockerOk(args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await docker(args, options);
  if (code === 0) return stdout;
  throw new Error(
    `docker ${args.join(" ")} ended with ${code}:\n${stdout.slice(-2_000)}${stderr.slice(-4_000)}`,
  );
}

function ofDocker(): Record<string, string> {
  const names = /^(PATH|HOME|TMPDIR|DOCKER_.*|BUILDKIT_.*|XDG_.*|(https?|no)_proxy)$/i;
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => names.test(name)));
}

/** Why the stack can't be tested on this machine; `undefined`: it can. */
export async function whyNoEngine(): Promise<string | undefined> {
  try {
    const engine = await docker(["version", "--format", "{{.Server.Version}}"]);
    if (engine.code !== 0) return `no Docker engine answers: ${engine.stderr.trim()}`;
    const compose = await docker(["compose", "version"]);
    return compose.code === 0 ? undefined : "Docker has no Compose plugin";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no docker command";
    throw error;
  }
}
