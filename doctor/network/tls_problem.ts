/**
 * What a TLS handshake that failed means. The mistake is found by what the server shows, not guessed from the error alone.
 *
 * @module
 */
import type { X509Certificate } from "node:crypto";
import { diagnoseTls, isUntrusted, type TlsUse } from "../../shared/diagnosis/tls.ts";
import { codeOf, messageOf } from "../../shared/errors.ts";
import { type NamedFile, readCertificates } from "../../shared/settings/pem.ts";
import { commonName, dateProblem } from "../settings/certificates.ts";
import { diagnosed, failed, type Outcome } from "../check.ts";

/** What the handshake was made with, and what it showed. */
export interface TlsAttempt extends TlsUse {
  readonly ca: NamedFile;
  /** What the server shows when it is not checked; `undefined` where it shows nothing. */
  readonly shown: X509Certificate | undefined;
  readonly now: number;
}

/** The outcome of a handshake whose failure lies with the server's certificate; `undefined` where it lies elsewhere. */
export function certificateProblem(error: unknown, attempt: TlsAttempt): Outcome | undefined {
  const { shown, host, ca } = attempt;
  if (shown === undefined) return undefined;
  const say = (code: string, detail: string) => diagnosed(diagnoseTls(code, attempt, detail)!);
  const dates = dateProblem(shown, attempt.now);
  if (dates !== undefined) {
    const isOver = shown.validToDate.getTime() < attempt.now;
    return say(
      isOver ? "CERT_HAS_EXPIRED" : "CERT_NOT_YET_VALID",
      `“${commonName(shown.subject)}”, ${dates}`,
    );
  }
  const code = codeOf(error) ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const names = shown.subjectAltName ?? `CN=${commonName(shown.subject)}`;
    return say(code, `it is not for ${host} but for ${names}`);
  }
  if (!isUntrusted(code)) return undefined;
  const issuer = `it is issued by “${commonName(shown.issuer)}”`;
  return say(
    code,
    ca.path === "" || ca.path === "system"
      ? `${issuer}, which the system's CAs don't know`
      : `${issuer}, and ${ca.path} is the CA ${caNames(ca)}`,
  );
}

function caNames(ca: NamedFile): string {
  try {
    return readCertificates(ca).map(({ subject }) => `“${commonName(subject)}”`).join(", ");
  } catch {
    return "file that can't be read";
  }
}

/** The outcome of any other failure. */
export function handshakeProblem(error: unknown, attempt: TlsAttempt): Outcome {
  const tls = diagnoseTls(codeOf(error), attempt);
  if (tls === undefined) {
    return failed(
      `the TLS handshake failed: ${messageOf(error)}`,
      "Check the port and the security settings.",
    );
  }
  return diagnosed(tls);
}
