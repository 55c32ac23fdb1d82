/**
 * Python packages that validate files of the project.
 *
 * @module
 */
import { join } from "node:path";
import { PROJECT } from "../harness/project.ts";

/** Versions on PyPI. */
const VERSIONS = {
  "aiven-client": "4.18.0",
  "kubernetes-validate": "1.37.0",
} as const;

export type PythonPackage = keyof typeof VERSIONS;

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();

/** Why Python packages cannot be installed; `undefined` if they can. */
export async function whyNoPip(): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command("python3", { args: ["-m", "pip", "--version"] })
      .output();
    return success ? undefined : decode(stderr);
  } catch {
    return "python3 is not installed";
  }
}

/**
 * Runs a program with a package, which is installed into `.cache` by the first use.
 *
 * @param args of `python3`
 * @throws {Error} if the package cannot be installed
 */
export async function runPython(name: PythonPackage, args: readonly string[], stdin = ""): Promise<Result> {
  const folder = await install(name, VERSIONS[name]);
  const child = new Deno.Command("python3", {
    args: [...args],
    cwd: PROJECT,
    env: { PYTHONPATH: folder },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

async function install(name: PythonPackage, version: string): Promise<string> {
  const folder = join(PROJECT, ".cache", "python", `${name}-${version}`);
  if (await isFolder(folder)) return folder;
  const unfinished = `${folder}.${Deno.pid}`;
  const { success, stderr } = await new Deno.Command("python3", {
    args: ["-m", "pip", "install", "--quiet", "--no-compile", "--target", unfinished, `${name}==${version}`],
  }).output();
  if (!success) throw new Error(`Cannot install ${name} ${version}: ${decode(stderr)}`);
  await Deno.rename(unfinished, folder);
  return folder;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}
