/**
 * Errors that end a service or make it retry. Their message is composed here from cause and remedy; no other code composes or parses it.
 *
 * @module
 */

/** Exit codes of the services. */
export const EXIT = {
  ok: 0,
  crash: 1,
  permanent: 2,
  /** The reader closed the output of a command: 128 + SIGPIPE, as shells report it. */
  outputClosed: 141,
} as const;

/** Why something failed, and what to do about it. */
export interface Diagnosis {
  /** Stable: SCREAMING_SNAKE_CASE, Node's or Kafka's name of the error, or an SQLSTATE. */
  readonly code: string;
  /** A clause without a full stop. */
  readonly cause: string;
  /** One or more sentences; empty if none is known. */
  readonly remedy: string;
}

/** A diagnosis together with what failed. */
export interface Failure extends Diagnosis {
  /** Such as `Cannot connect to Kafka at kafka:9092`. */
  readonly action?: string;
}

/** `Action: cause. Remedy`, or `Cause. Remedy` without an action. */
export function sentences({ action, cause, remedy }: Omit<Failure, "code">): string {
  const reason = cause.replace(/\.+$/, "");
  const subject = action === undefined
    // Names in lower case, such as `routes_table` or `kafka:9092`, are kept.
    ? reason.replace(/^[a-z]+(?= )/, (word) => word[0]!.toUpperCase() + word.slice(1))
    : `${action}: ${reason}`;
  return remedy === "" ? `${subject}.` : `${subject}. ${remedy}`;
}

/** An error with a {@link Diagnosis}. `Error.cause` is the underlying error, as in ECMAScript; the text is `diagnosis.cause`. */
export abstract class DiagnosedError extends Error {
  readonly code: string;
  readonly diagnosis: Diagnosis;

  constructor({ action, ...diagnosis }: Failure, options?: ErrorOptions) {
    super(sentences({ ...diagnosis, ...action !== undefined && { action } }), options);
    this.code = diagnosis.code;
    this.diagnosis = diagnosis;
  }

  get remedy(): string {
    return this.diagnosis.remedy;
  }
}

/** A failure that a retry cannot fix: wrong credentials, an untrusted certificate, a missing table. The service stops. */
export class PermanentError extends DiagnosedError {
  override readonly name: string = "PermanentError";
}

/** A failure that is expected to pass: an unavailable server, a lock, a full disk. The service retries. */
export class TransientError extends DiagnosedError {
  override readonly name: string = "TransientError";

  /** @param kind value of the label `class` of the retry metric */
  constructor(failure: Failure, readonly kind: string, options?: ErrorOptions) {
    super(failure, options);
  }
}

/** An error's message on one line; the message of its cause if it has none. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node reports a connection that failed on several addresses with an empty message and a list of errors.
  const inner = error instanceof AggregateError ? error.errors.map(messageOf).join("; ") : "";
  return (error.message || inner || (error.cause ? messageOf(error.cause) : "") || error.name).replaceAll(
    /\s*\n\s*/g,
    " ",
  );
}

/**
 * The first `code` in the chain of an error's causes: Node's (`ECONNREFUSED`) or PostgreSQL's SQLSTATE (`42P01`). Codes of
 * {@link DiagnosedError} are skipped.
 */
export function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause ?? (at as AggregateError).errors?.[0]) {
    const { code } = at as { code?: unknown };
    if (typeof code === "string" && !(at instanceof DiagnosedError)) return code;
  }
  return undefined;
}
