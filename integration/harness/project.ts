/**
 * The project's folder, and checkouts of other commits.
 *
 * @module
 */
import { join } from "node:path";
import { PROJECT } from "../../local/service_task.ts";

export { PROJECT };

/** Folder of the logs that test runs leave, with one folder per scenario. */
export const ARTIFACTS: string = join(PROJECT, "artifacts");

/** Last commit of version 0.9.0, the previous one: during an upgrade its consumers share the group and the tables with this version's. */
export const PREVIOUS_VERSION = "6c892bb1e40a01ac5ee4589b352a33038868c9e2";

/** Whether the repository has {@link PREVIOUS_VERSION}; a shallow clone does not. */
export async function hasPreviousVersion(): Promise<boolean> {
  try {
    const args = ["-C", PROJECT, "cat-file", "-e", `${PREVIOUS_VERSION}^{commit}`];
    return (await new Deno.Command("git", { args, stderr: "null" }).output()).success;
  } catch {
    // Git is not installed.
    return false;
  }
}

/** A commit in a temporary folder, removed on disposal. */
export interface Checkout extends AsyncDisposable {
  readonly folder: string;
}

/**
 * Checks out `commit` and installs its npm packages.
 *
 * @throws {Error} if the repository does not have the commit, or a package is not available
 */
export async function checkout(commit: string): Promise<Checkout> {
  const folder = await Deno.makeTempDir({ prefix: "routes-checkout-" });
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    const archive = `set -o pipefail; git archive "$1" | tar -x -C "$2"`;
    await run("bash", ["-c", archive, "bash", commit, folder], PROJECT);
    await run(Deno.execPath(), ["install", "--frozen", "--quiet"], folder);
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: remove };
}

async function run(program: string, args: string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd, stdout: "null" }).output();
  if (success) return;
  throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}
