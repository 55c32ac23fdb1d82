/**
 * Runs Python, and installs packages from PyPI for it.
 *
 * @module
 */
import { join } from "node:path";
import { exists } from "../../local/servers/data_folder.ts";
import { PROJECT } from "./project.ts";

const CACHE = join(PROJECT, ".cache", "python");

/** Result of a program, with its whole output. */
export interface PythonResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Runs `python3` in the project with `input` as standard input. */
export async function runPython(
  args: readonly string[],
  input: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<PythonResult> {
  const child = new Deno.Command("python3", {
    args: [...args],
    cwd: PROJECT,
    env: { PYTHONPYCACHEPREFIX: join(CACHE, "bytecode"), ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Output and input at the same time: a full pipe would block both.
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    // A program that fails closes its input; its error output says why.
    new Blob([...input]).stream().pipeTo(child.stdin).catch(() => {}),
  ]);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** Why packages cannot be installed; `undefined` if they can. */
export async function whyNoPip(): Promise<string | undefined> {
  try {
    const { code, stderr } = await runPython(["-m", "pip", "--version"]);
    return code === 0 ? undefined : stderr.trim();
  } catch {
    return "python3 is not installed";
  }
}

/**
 * Installs packages into the cache, once.
 *
 * @param packages with their versions, such as `kafka-python==2.2.15`
 * @returns the environment variable with which {@link runPython} finds them
 * @throws {Error} if pip fails
 */
export async function installPackages(packages: readonly string[]): Promise<{ PYTHONPATH: string }> {
  const folder = join(CACHE, packages.join("-").replaceAll("==", "-"));
  if (exists(folder)) return { PYTHONPATH: folder };
  await Deno.mkdir(CACHE, { recursive: true });
  const unfinished = await Deno.makeTempDir({ dir: CACHE });
  const install = ["-m", "pip", "install", "--quiet", "--no-compile", "--target", unfinished, ...packages];
  const { code, stderr } = await runPython(install);
  if (code !== 0) throw new Error(`Cannot install ${packages.join(" and ")}: ${stderr.trim()}`);
  try {
    await Deno.rename(unfinished, folder);
  } catch {
    // Another process has installed them.
    await Deno.remove(unfinished, { recursive: true });
  }
  return { PYTHONPATH: folder };
}
