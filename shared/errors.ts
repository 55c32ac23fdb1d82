/**
 * The two classes of failure that decide what a service does: wait and try again, or stop and say what to mend.
 *
 * @module
 */

/** Exit codes of the services; the README lists them. */
export const EXIT = {
  ok: 0,
  crash: 1,
  permanent: 2,
  /** The reader of a command's output has closed it: 128 + SIGPIPE, as a shell reports a program that SIGPIPE ended. */
  outputClosed: 141,
} as const;

/** Parts of an error for programs; the message has cause and remedy as sentences. */
export interface ErrorDetails extends ErrorOptions {
  /** Stable name of what is wrong, such as `POSTGRES_LOGIN_FAILED`, `42501` or `ECONNREFUSED`. */
  readonly code?: string | undefined;
  /** Sentences. */
  readonly remedy?: string | undefined;
}

/** An error with {@link ErrorDetails}. */
abstract class DetailedError extends Error {
  readonly code: string | undefined;
  readonly remedy: string | undefined;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details);
    this.code = details.code;
    this.remedy = details.remedy;
  }
}

/**
 * A failure that trying again does not mend: wrong credentials, an untrusted certificate, a missing table. The service stops at
 * once with this message, which names the remedy.
 */
export class PermanentError extends DetailedError {
  override readonly name: string = "PermanentError";
}

/** A failure that passes by itself: a server that is away, a lock, a full disk. The service waits and tries again. */
export class TransientError extends DetailedError {
  override readonly name: string = "TransientError";
  constructor(message: string, readonly kind: string, details?: ErrorDetails) {
    super(message, details);
  }
}

/** An error's message in one line, its cause's where it has none of its own. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node gives a connection that failed on several addresses an empty message and a list of errors.
  const inner = error instanceof AggregateError ? error.errors.map(messageOf).join("; ") : "";
  return (error.message || inner || (error.cause ? messageOf(error.cause) : "") || error.name).replaceAll(
    /\s*\n\s*/g,
    " ",
  );
}

/**
 * The first `code` on the way from an error to its causes: Node's (`ECONNREFUSED`) or PostgreSQL's SQLSTATE (`42P01`). The codes of
 * {@link PermanentError} and {@link TransientError} are not among them.
 */
export function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause ?? (at as AggregateError).errors?.[0]) {
    const { code } = at as { code?: unknown };
    if (typeof code === "string" && !(at instanceof DetailedError)) return code;
  }
  return undefined;
}
