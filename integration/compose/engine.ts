export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to Docker's variables of this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The command is killed after this time, 60,000 ms by default. */
  readonly timeoutMs?: number;
}

/** Runs `docker` with Docker's variables of the environment only, since others, such as `PGHOST`, would configure the stack. */
export async function docker(args: readonly string[], options: CommandOptions = {}): Promise<Output> {
  const { cwd, env = {}, timeoutMs = 60_000 } = options;
  const output = await new Deno.Command("docker", {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    clearEnv: true,
    env: { ...dockerEnvironment(), ...env },
    stdin: "null",
    signal: AbortSignal.timeout(timeoutMs),
  }).output();
  const text = new TextDecoder();
  return { code: output.code, stdout: text.decode(output.stdout), stderr: text.decode(output.stderr) };
}

/** Like {@link docker}; returns the standard output. @throws {Error} if the command fails */
export async function dockerOk(args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await docker(args, options);
  if (code === 0) return stdout;
  throw new Error(
    `docker ${args.join(" ")} exited with ${code}:\n${stdout.slice(-2_000)}${stderr.slice(-4_000)}`,
  );
}

function dockerEnvironment(): Record<string, string> {
  const names = /^(PATH|HOME|TMPDIR|DOCKER_.*|BUILDKIT_.*|XDG_.*|(https?|no)_proxy)$/i;
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => names.test(name)));
}

/** Why the stack cannot be tested on this machine; `undefined` if it can. */
export async function whyNoEngine(): Promise<string | undefined> {
  try {
    const engine = await docker(["version", "--format", "{{.Server.Version}}"]);
    if (engine.code !== 0) return `no Docker engine responds: ${engine.stderr.trim()}`;
    const compose = await docker(["compose", "version"]);
    return compose.code === 0 ? undefined : "Docker lacks the Compose plugin";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "the docker command is missing";
    throw error;
  }
}
