/**
 * The files of a previous version, from this repository's history.
 *
 * @module
 */
import { PROJECT } from "./project.ts";

/** The last commit of the previous version: consumers of it and of this version share a group and tables during an upgrade. */
export const PREVIOUS_VERSION = "c13b68d5ce1754b81d5f2a8d529c3748bc82fc9d";

const git = (...args: string[]) =>
  new Deno.Command("git", { args: ["-C", PROJECT, ...args], stdout: "piped", stderr: "piped" });

/** Whether the repository has the commit; a shallow clone does not. */
export async function hasPreviousVersion(): Promise<boolean> {
  try {
    return (await git("cat-file", "-e", `${PREVIOUS_VERSION}^{commit}`).output()).success;
  } catch {
    // No git here.
    return false;
  }
}

/**
 * Extracts the previous version into a temporary folder, which is removed with it.
 *
 * @throws {Error} if git or tar fails
 */
export async function extractPreviousVersion(): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await Deno.makeTempDir({ prefix: "previous-version-" });
  const archive = git("archive", "--format=tar", PREVIOUS_VERSION).spawn();
  const tar = new Deno.Command("tar", { args: ["-x", "-C", folder], stdin: "piped" }).spawn();
  await archive.stdout.pipeTo(tar.stdin);
  const [{ success, stderr }, { success: isExtracted }] = await Promise.all([
    collect(archive),
    tar.status,
  ]);
  if (!success || !isExtracted) throw new Error(`Cannot extract ${PREVIOUS_VERSION}: ${stderr}`);
  return { folder, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

async function collect(process: Deno.ChildProcess): Promise<{ success: boolean; stderr: string }> {
  const [stderr, { success }] = await Promise.all([process.stderr.text(), process.status]);
  return { success, stderr };
}
