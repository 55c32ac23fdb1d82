/**
 * Which commit is the previous version.
 *
 * @module
 */
import { PROJECT } from "./project.ts";

/** The last commit of the previous version: consumers of it and of this version share a group and tables during an upgrade. */
export const PREVIOUS_VERSION = "c13b68d5ce1754b81d5f2a8d529c3748bc82fc9d";

/** Whether the repository has the commit; a shallow clone does not. */
export async function hasPreviousVersion(): Promise<boolean> {
  try {
    const args = ["-C", PROJECT, "cat-file", "-e", `${PREVIOUS_VERSION}^{commit}`];
    return (await new Deno.Command("git", { args, stderr: "null" }).output()).success;
  } catch {
    // No git here.
    return false;
  }
}
