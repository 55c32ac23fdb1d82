/**
 * Explains failed TLS handshakes by the certificate that the server presents, because the error alone does not name the mistake.
 *
 * @module
 */
import type { X509Certificate } from "node:crypto";
import { diagnoseTls, isUntrusted, type TlsUse } from "../../shared/diagnosis/tls.ts";
import { codeOf, messageOf } from "../../shared/errors.ts";
import { type NamedFile, readCertificates } from "../../shared/settings/pem.ts";
import { commonName, describeValidity } from "../settings/certificates.ts";
import { diagnosed, failed, type Outcome } from "../check.ts";

/** A TLS handshake that failed. */
export interface TlsAttempt extends TlsUse {
  readonly ca: NamedFile;
  /** The certificate that the server presents when it is not verified; `undefined` if it presents none. */
  readonly serverCertificate: X509Certificate | undefined;
  /** Unix time, milliseconds. */
  readonly now: number;
}

/** The outcome if the server's certificate is the cause, else `undefined`. */
export function certificateOutcome(error: unknown, attempt: TlsAttempt): Outcome | undefined {
  const { serverCertificate, host, ca } = attempt;
  if (serverCertificate === undefined) return undefined;
  const outcome = (code: string, detail: string) => diagnosed(diagnoseTls(code, attempt, detail)!);
  const subject = commonName(serverCertificate.subject);
  const validity = describeValidity(serverCertificate, attempt.now);
  if (validity !== undefined) {
    const isExpired = serverCertificate.validToDate.getTime() < attempt.now;
    return outcome(isExpired ? "CERT_HAS_EXPIRED" : "CERT_NOT_YET_VALID", `“${subject}” ${validity}`);
  }
  const code = codeOf(error) ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const names = serverCertificate.subjectAltName ?? `CN=${subject}`;
    return outcome(code, `it is for ${names}, not ${host}`);
  }
  if (!isUntrusted(code)) return undefined;
  const issuer = `it is issued by “${commonName(serverCertificate.issuer)}”`;
  return outcome(
    code,
    ca.path === "" || ca.path === "system"
      ? `${issuer}, which is not one of the system's CAs`
      : `${issuer}, and ${ca.path} contains ${describeCas(ca)}`,
  );
}

function describeCas(ca: NamedFile): string {
  try {
    return `the CA ${readCertificates(ca).map(({ subject }) => `“${commonName(subject)}”`).join(", ")}`;
  } catch {
    return "no readable CA";
  }
}

/** The outcome of a handshake that failed for a reason other than the server's certificate. */
export function handshakeOutcome(error: unknown, attempt: TlsAttempt): Outcome {
  const diagnosis = diagnoseTls(codeOf(error), attempt);
  if (diagnosis) return diagnosed(diagnosis);
  return failed(`the TLS handshake failed: ${messageOf(error)}`, "Check the port and the security settings.");
}
