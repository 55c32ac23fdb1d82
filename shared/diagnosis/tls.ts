/**
 * Causes and remedies of failed TLS handshakes.
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

/** Settings of a handshake. */
export interface TlsUse {
  /** The name or address of the server. */
  readonly host: string;
  /** The setting of the CA file, and its path: empty or `system` for the system's CAs. */
  readonly ca: { readonly setting: string; readonly path: string };
  /** The setting of the client certificate, and its path: empty if there is none. */
  readonly certificate: { readonly setting: string; readonly path: string };
}

/** Whether an error code is a TLS error. */
export const isTlsCode = (code: string | undefined): boolean =>
  code !== undefined && (isUntrusted(code) || /^(ERR_(SSL|TLS|OSSL)_|CERT_)/.test(code));

/** Whether a certificate was rejected because its issuer is not trusted. */
export const isUntrusted = (code: string): boolean => UNTRUSTED.includes(code);

/**
 * The diagnosis of a TLS error, by Node's error code; `undefined` if it is not a TLS error.
 *
 * @param detail facts about the server's certificate, appended to the cause
 */
export function diagnoseTls(code: string | undefined, use: TlsUse, detail?: string): Diagnosis | undefined {
  if (code === undefined || !isTlsCode(code)) return undefined;
  const [cause, remedy] = causeAndRemedy(code, use);
  return { code, cause: detail === undefined ? cause : `${cause}: ${detail}`, remedy };
}

function causeAndRemedy(code: string, { host, ca, certificate }: TlsUse): [cause: string, remedy: string] {
  if (isUntrusted(code)) {
    return [
      "the server's certificate is not signed by a trusted CA",
      ca.path === "" || ca.path === "system"
        ? "Aiven projects have their own CA: download the CA certificate (ca.pem) from the service's page and set " +
          `${ca.setting} to it.`
        : `${ca.setting} belongs to another project, or the CA was renewed: download ca.pem from the service's page.`,
    ];
  }
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return [
        "the server's certificate is for another host name",
        net.isIP(host)
          ? "Connect with the host name from the service's page instead of the IP address."
          : "Connect with a name that the certificate contains.",
      ];
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return [
        `the server's certificate ${code === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet"}`,
        "Renew it on the server; if it should be valid today, set this machine's clock.",
      ];
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return ["the server does not support TLS on this port", "Check the port and the security settings."];
    case "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED":
      return [
        `the server requires a client certificate${
          certificate.path === "" ? `, but ${certificate.setting} is not set` : ""
        }`,
        `Set ${certificate.setting} (service.cert) and its key (service.key).`,
      ];
  }
  return /ALERT/.test(code)
    ? [
      `the server rejected the TLS handshake (${code})`,
      `Check that the certificate in ${certificate.setting} belongs to this service and is valid.`,
    ]
    : [`the TLS handshake failed (${code})`, `Check ${ca.setting} and ${certificate.setting}.`];
}
