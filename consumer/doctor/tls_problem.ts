/**
 * What a TLS handshake that failed means. The mistake is found by what the server shows, not guessed from the error alone.
 *
 * @module
 */
import type { X509Certificate } from "node:crypto";
import * as net from "node:net";
import { diagnoseTls } from "../../shared/diagnosis/tls.ts";
import { codeOf, messageOf } from "../../shared/errors.ts";
import { type NamedFile, readCertificates } from "../../shared/settings/pem.ts";
import { commonName, dateProblem } from "./certificates.ts";
import { failed, type Outcome } from "./check.ts";

/** What the handshake was made with. */
export interface TlsAttempt {
  readonly host: string;
  readonly ca: NamedFile;
  readonly certificate: NamedFile;
  /** What the server shows when it is not checked; `undefined` where it shows nothing. */
  readonly shown: X509Certificate | undefined;
  readonly now: number;
}

/** The outcome of a handshake whose failure lies with the server's certificate; `undefined` where it lies elsewhere. */
export function certificateProblem(error: unknown, attempt: TlsAttempt): Outcome | undefined {
  const code = codeOf(error);
  const { shown, host, ca } = attempt;
  if (shown === undefined) return undefined;
  const dates = dateProblem(shown, attempt.now);
  if (dates !== undefined) {
    return failed(
      `the server's certificate, “${commonName(shown.subject)}”, ${dates}`,
      "Renew it on the server; if the dates are right for today, set this machine's clock.",
    );
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const names = shown.subjectAltName ?? `CN=${commonName(shown.subject)}`;
    return failed(
      `the server's certificate is not for ${host} but for ${names}`,
      net.isIP(host)
        ? "Connect by the host name, as the service's page shows it, not by the address."
        : "Connect by a name that the certificate has.",
    );
  }
  if (!isUntrusted(code)) return undefined;
  const issuer = commonName(shown.issuer);
  if (ca.path === "" || ca.path === "system") {
    return failed(
      `the server's certificate is issued by “${issuer}”, which the system's CAs don't know`,
      `Aiven's projects have a CA of their own: download the CA certificate (ca.pem) from the service's page and set ` +
        `${ca.setting} to it.`,
    );
  }
  return failed(
    `the server's certificate is issued by “${issuer}”, and ${ca.path} is the CA ${caNames(ca)}`,
    `${ca.setting} is of another project (or was renewed): download ca.pem from the page of this service.`,
  );
}

const isUntrusted = (code: string | undefined) =>
  /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_SIGNATURE|CERT_UNTRUSTED|INVALID_CA)/.test(code ?? "");

function caNames(ca: NamedFile): string {
  try {
    return readCertificates(ca).map(({ subject }) => `“${commonName(subject)}”`).join(", ");
  } catch {
    return "file that can't be read";
  }
}

/** The outcome of any other failure. */
export function handshakeProblem(error: unknown, attempt: TlsAttempt): Outcome {
  const tls = diagnoseTls(codeOf(error), attempt.ca.setting, attempt.certificate.setting);
  if (tls === undefined) {
    return failed(
      `the TLS handshake failed: ${messageOf(error)}`,
      "Check the port and the security settings.",
    );
  }
  return failed(tls.cause, tls.remedy);
}
