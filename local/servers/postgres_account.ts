import { ServerError } from "./types.ts";
import type { Account } from "./server_process.ts";

/**
 * The account to run PostgreSQL as: nobody else's for an ordinary user; for root, as which PostgreSQL refuses to run,
 * that of the user `postgres`, or else `nobody`.
 *
 * @throws {ServerError} When root runs it on a machine with neither user.
 */
export async function postgresAccount(): Promise<Account | undefined> {
  if (Deno.uid() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = await Promise.all([id("-u", name), id("-g", name)]);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new ServerError(
    "PostgreSQL does not run as root, and there is no user postgres. Make one: useradd --system postgres",
  );
}

/** Whether that account may do `test` (`-x`, `-w`, …) of an absolute path. */
export async function canAccess(account: Account | undefined, test: string, path: string): Promise<boolean> {
  const { success } = await new Deno.Command("/usr/bin/env", {
    args: ["test", test, path],
    cwd: "/", // This program's own may be closed to the account.
    ...account,
  })
    .output();
  return success;
}

async function id(flag: string, user: string): Promise<number | undefined> {
  const { success, stdout } = await new Deno.Command("id", { args: [flag, user], stderr: "null" }).output();
  return success ? parseInt(new TextDecoder().decode(stdout)) : undefined;
}
