/**
 * Settings that can't be used, and files that can't be read.
 *
 * @module
 */

/** Settings that can't be used. The message has a line for each problem. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly code = "SETTINGS_INVALID";
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/**
 * Why a file can't be read. The services may read below `res` and `/run/secrets` only (`permissions` in deno.json).
 *
 * @param path the file, to name its owner and mode
 */
export function describeReadError(error: unknown, path: string): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.NotADirectory) return "a part of its path is not a directory";
  if (error instanceof Deno.errors.NotCapable) {
    return "the service may read files below res/ and /run/secrets/ only; put it there";
  }
  if (error instanceof Deno.errors.PermissionDenied) return whyDenied(path);
  return error instanceof Error ? error.message : String(error);
}

function whyDenied(path: string): string {
  try {
    const { uid, gid, mode } = Deno.statSync(path);
    const owner =
      `its owner is user ${uid} and its mode ${((mode ?? 0) & 0o7777).toString(8).padStart(3, "0")}, ` +
      "which excludes the user that the service runs as. ";
    return owner +
      (uid
        ? `Change its mode or, in a container, set CONTAINER_USER=${uid}:${gid}`
        : "Change its owner or mode; CONTAINER_USER names the user of a container");
  } catch {
    return "the user that the service runs as may not enter a folder of its path. " +
      "Change the folder's mode or, in a container, set CONTAINER_USER to its owner";
  }
}
