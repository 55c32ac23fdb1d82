import { ServerError } from "./types.ts";
import type { Account } from "./server_process.ts";

/**
 * The account to run PostgreSQL as; `undefined`: the current user. PostgreSQL does not run as root, so root uses `postgres`, else
 * `nobody`.
 *
 * @throws {ServerError} if the user is root and neither account exists
 */
export async function postgresAccount(): Promise<Account | undefined> {
  if (Deno.uid() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = await Promise.all([id("-u", name), id("-g", name)]);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new ServerError(
    "PostgreSQL cannot run as root, and there is no user postgres. Create one: useradd --system postgres",
  );
}

/** Whether `test` (`-x`, `-w`, …) of an absolute path succeeds for the account. */
export async function canAccess(account: Account | undefined, test: string, path: string): Promise<boolean> {
  const { success } = await new Deno.Command("/usr/bin/env", {
    args: ["test", test, path],
    cwd: "/", // The account may have no access to the current folder.
    ...account,
  })
    .output();
  return success;
}

async function id(flag: string, user: string): Promise<number | undefined> {
  const { success, stdout } = await new Deno.Command("id", { args: [flag, user], stderr: "null" }).output();
  return success ? parseInt(new TextDecoder().decode(stdout)) : undefined;
}
