import { dirname, join } from "node:path";
import { exists } from "../../local/servers/data_folder.ts";

/** Folders that a copy shares with the project: packages, and the servers that embedded tests run. */
const SHARED = ["node_modules", ".cache"];

/** A copy of the project's files, as they are now, in a temporary folder. */
export class ProjectCopy implements AsyncDisposable {
  private constructor(readonly folder: string, private readonly project: string) {}

  /** @throws {Error} if git does not list the files */
  static async create(project: string): Promise<ProjectCopy> {
    const copy = new ProjectCopy(await Deno.makeTempDir({ prefix: "mutations-" }), project);
    for (const file of await filesOf(project)) {
      await Deno.mkdir(dirname(join(copy.folder, file)), { recursive: true });
      await Deno.copyFile(join(project, file), join(copy.folder, file));
    }
    for (const name of SHARED) {
      if (exists(join(project, name))) await Deno.symlink(join(project, name), join(copy.folder, name));
    }
    return copy;
  }

  /** Makes a file what it is in the project. */
  async restore(file: string): Promise<void> {
    await Deno.copyFile(join(this.project, file), join(this.folder, file));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Files that git knows or would add, and that exist. */
async function filesOf(project: string): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: project,
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`Cannot list the project's files: ${decode(stderr).trim()}`);
  const files = decode(stdout).split("\0").filter((file) => file !== "");
  return files.filter((file) => exists(join(project, file)));
}
