/**
 * Errors of settings and of the files that they name.
 *
 * @module
 */

/** Invalid settings. The message has a line for each problem. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly code = "SETTINGS_INVALID";
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/**
 * The reason why a file cannot be read. The services have read permission for `res` and `/run/secrets` only (deno.json).
 *
 * @param path used to describe owner and mode
 */
export function describeReadError(error: unknown, path: string): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.IsADirectory) return "is a directory";
  if (error instanceof Deno.errors.NotADirectory) return "a part of the path is not a directory";
  if (error instanceof Deno.errors.NotCapable) {
    return "services can only read files in res/ and /run/secrets/; move it there";
  }
  if (error instanceof Deno.errors.PermissionDenied) return describeDenied(path);
  return error instanceof Error ? error.message : String(error);
}

function describeDenied(path: string): string {
  try {
    const { uid, gid, mode } = Deno.statSync(path);
    const octal = ((mode ?? 0) & 0o7777).toString(8).padStart(3, "0");
    return `permission denied (owner ${uid}, mode ${octal}). ` +
      (uid
        ? `Change the mode or, in a container, set CONTAINER_USER=${uid}:${gid}`
        : "Change the owner or mode; CONTAINER_USER sets the user of a container");
  } catch {
    return "permission denied for a directory of the path. " +
      "Change the mode of the directory or, in a container, set CONTAINER_USER to its owner";
  }
}
