/**
 * Another commit of this project, in a folder of its own.
 *
 * @module
 */
import { PROJECT } from "./project.ts";

/** A checkout that is removed when it is disposed of. */
export interface Checkout extends AsyncDisposable {
  readonly folder: string;
}

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args], cwd, stdout: "null" })
    .output();
  if (success) return;
  throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}

/**
 * Checks `commit` out with its npm packages.
 *
 * @throws {Error} if the commit is not in this repository, as in a shallow clone, or a package is not available
 */
export async function checkout(commit: string): Promise<Checkout> {
  const folder = await Deno.makeTempDir({ prefix: "routes-checkout-" });
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    await run(
      "bash",
      ["-c", `set -o pipefail; git archive "$1" | tar -x -C "$2"`, "bash", commit, folder],
      PROJECT,
    );
    await run(Deno.execPath(), ["install", "--frozen", "--quiet"], folder);
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: remove };
}
