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

/**
 * A failure that trying again does not mend: wrong credentials, an untrusted certificate, a missing table. The service stops at
 * once with this message, which names the remedy.
 */
export class PermanentError extends Error {
  override readonly name: string = "PermanentError";
}

/** A failure that passes by itself: a server that is away, a lock, a full disk. The service waits and tries again. */
export class TransientError extends Error {
  override readonly name: string = "TransientError";
  constructor(message: string, readonly class_: string, options?: ErrorOptions) {
    super(message, options);
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

/** The first `code` on the way from an error to its causes: Node's (`ECONNREFUSED`) or PostgreSQL's SQLSTATE (`42P01`). */
export function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause ?? (at as AggregateError).errors?.[0]) {
    const { code } = at as { code?: unknown };
    if (typeof code === "string") return code;
  }
  return undefined;
}

/**
 * What is wrong with a certificate or a TLS handshake, and what to do, by Node's error code; `undefined`: not a TLS error.
 *
 * @param ca the setting that names the CA file, for the remedy
 * @param cert the setting that names the client certificate
 */
export function tlsProblem(code: string | undefined, ca: string, cert: string): string | undefined {
  switch (code) {
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "CERT_SIGNATURE_FAILURE":
      return `its certificate is not signed by a CA that is trusted here. Set ${ca} to the CA certificate of the service (ca.pem).`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return "its certificate is for another host name. Connect by the name that the certificate has.";
    case "CERT_HAS_EXPIRED":
      return "its certificate has expired. Renew it on the server; if it is valid, set this machine's clock.";
    case "CERT_NOT_YET_VALID":
      return "its certificate is not valid yet. Is this machine's clock right?";
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return "it does not speak TLS on this port. Check the port and the security settings.";
    case "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED":
      return `it asks for a client certificate. Set ${cert} (service.cert) and its key (service.key).`;
    default:
      if (code === undefined || !/^ERR_(SSL|TLS|OSSL)_/.test(code)) return undefined;
      return /ALERT/.test(code)
        ? `it refused the TLS handshake (${code}). Is ${cert} the certificate that belongs to this service, and still valid?`
        : `the TLS handshake failed (${code}). Check ${ca} and ${cert}.`;
  }
}
