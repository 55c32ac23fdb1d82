/**
 * Errors of settings and of the files that they name.
 *
 * @module
 */
import { type Diagnosis, sentences } from "../errors.ts";

/** Why a setting is invalid, and what to do about it. The cause names the setting and its source: `PGPORT (environment) …`. */
export type SettingProblem = Pick<Diagnosis, "cause" | "remedy">;

/** Why the services do not support an option of kafka-python or libpq. */
export interface Unsupported {
  /** A clause without a full stop. */
  readonly reason?: string;
  /** One or more sentences. */
  readonly remedy: string;
}

export const unsupportedProblem = (option: string, { reason, remedy }: Unsupported): SettingProblem => ({
  cause: `${option} is not supported${reason === undefined ? "" : `: ${reason}`}`,
  remedy,
});

/** Invalid settings. The message has a line for each problem. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly code = "SETTINGS_INVALID";

  constructor(readonly problems: readonly SettingProblem[]) {
    super(problems.map(sentences).join("\n"));
  }

  /** The text of each problem. */
  get texts(): readonly string[] {
    return this.problems.map(sentences);
  }
}

/**
 * The problem of a file that cannot be read. The services have read permission for `res` and `/run/secrets` only (deno.json).
 *
 * @param action such as `Cannot read res/ca.pem`
 * @param path used to describe owner and mode
 */
export function readProblem(action: string, error: unknown, path: string): SettingProblem {
  const problem = (reason: string, remedy = "") => ({ cause: `${action}: ${reason}`, remedy });
  if (error instanceof Deno.errors.NotFound) return problem("no such file");
  if (error instanceof Deno.errors.IsADirectory) return problem("is a directory");
  if (error instanceof Deno.errors.NotADirectory) return problem("a part of the path is not a directory");
  if (error instanceof Deno.errors.NotCapable) {
    return problem("services can only read files in res/ and /run/secrets/", "Move it there.");
  }
  if (error instanceof Deno.errors.PermissionDenied) return problem(...describeDenied(path));
  return problem(error instanceof Error ? error.message : String(error));
}

function describeDenied(path: string): [reason: string, remedy: string] {
  try {
    const { uid, gid, mode } = Deno.statSync(path);
    const octal = ((mode ?? 0) & 0o7777).toString(8).padStart(3, "0");
    return [
      `permission denied (owner ${uid}, mode ${octal})`,
      uid
        ? `Change the mode or, in a container, set CONTAINER_USER=${uid}:${gid}.`
        : "Change the owner or mode; CONTAINER_USER sets the user of a container.",
    ];
  } catch {
    return [
      "permission denied for a directory of the path",
      "Change the mode of the directory or, in a container, set CONTAINER_USER to its owner.",
    ];
  }
}
