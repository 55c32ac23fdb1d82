/**
 * Settings that can't be used, and files that can't be read.
 *
 * @module
 */

/** Settings that can't be used. The message has a line for each problem. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** Why a file can't be read. The services may read below `res` and `/run/secrets` only (`permissions` in deno.json). */
export function whyUnreadable(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.NotADirectory) return "a part of its path is not a directory";
  if (error instanceof Deno.errors.NotCapable) {
    return "the service may read files below res/ and /run/secrets/ only; put it there";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "the user that the service runs as may not read it. Change its mode or, in a container, set CONTAINER_USER";
  }
  return error instanceof Error ? error.message : String(error);
}
