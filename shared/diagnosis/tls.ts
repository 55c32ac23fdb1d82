/**
 * Causes and remedies of TLS handshakes that failed.
 *
 * @module
 */
import * as net from "node:net";
import type { Diagnosis } from "../errors.ts";

const UNTRUSTED = [
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "INVALID_CA",
];

/** What a handshake is made with. */
export interface TlsUse {
  /** The name or address of the server. */
  readonly host: string;
  /** The setting that names the CA file, and the file: empty or `system` for the system's CAs. */
  readonly ca: { readonly setting: string; readonly path: string };
  /** The setting that names the client certificate, and the file: empty if there is none. */
  readonly certificate: { readonly setting: string; readonly path: string };
}

/** Whether an error code is one of TLS. */
export const isTlsCode = (code: string | undefined): boolean =>
  code !== undefined && (isUntrusted(code) || /^(ERR_(SSL|TLS|OSSL)_|CERT_)/.test(code));

/** Whether a certificate was refused because of who signed it. */
export const isUntrusted = (code: string): boolean => UNTRUSTED.includes(code);

/**
 * The diagnosis of a TLS error, by Node's error code; `undefined`: not a TLS error.
 *
 * @param detail what is known of the server's certificate, appended to the cause
 */
export function diagnoseTls(code: string | undefined, use: TlsUse, detail?: string): Diagnosis | undefined {
  if (code === undefined || !isTlsCode(code)) return undefined;
  const [cause, remedy] = causeAndRemedy(code, use);
  return { code, cause: detail === undefined ? cause : `${cause}: ${detail}`, remedy };
}

function causeAndRemedy(code: string, { host, ca, certificate }: TlsUse): [cause: string, remedy: string] {
  if (isUntrusted(code)) {
    return [
      "the server's certificate is not signed by a CA that is trusted here",
      ca.path === "" || ca.path === "system"
        ? "Aiven's projects have a CA of their own: download the CA certificate (ca.pem) from the service's page and set " +
          `${ca.setting} to it.`
        : `${ca.setting} is of another project (or was renewed): download ca.pem from the page of this service.`,
    ];
  }
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return [
        "the server's certificate is for another host name",
        net.isIP(host)
          ? "Connect by the host name, as the service's page shows it, not by the address."
          : "Connect by a name that the certificate has.",
      ];
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return [
        `the server's certificate ${code === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet"}`,
        "Renew it on the server; if the dates are right for today, set this machine's clock.",
      ];
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return ["the server does not speak TLS on this port", "Check the port and the security settings."];
    case "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED":
      return [
        `the server asks for a client certificate${
          certificate.path === "" ? `, and ${certificate.setting} is not set` : ""
        }`,
        `Set ${certificate.setting} (service.cert) and its key (service.key).`,
      ];
  }
  return /ALERT/.test(code)
    ? [
      `the server refused the TLS handshake (${code})`,
      `Is ${certificate.setting} the certificate that belongs to this service, and still valid?`,
    ]
    : [`the TLS handshake failed (${code})`, `Check ${ca.setting} and ${certificate.setting}.`];
}
