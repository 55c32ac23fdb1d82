/**
 * Causes and remedies of TLS handshakes that failed.
 *
 * @module
 */
import type { Diagnosis } from "./diagnosis.ts";

const UNTRUSTED = [
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_SIGNATURE_FAILURE",
];

/**
 * The diagnosis of a TLS error, by Node's error code; `undefined`: not a TLS error. The subject of the cause is the server.
 *
 * @param ca the setting that names the CA file, for the remedy
 * @param cert the setting that names the client certificate
 */
export function diagnoseTls(code: string | undefined, ca: string, cert: string): Diagnosis | undefined {
  const found = code === undefined ? undefined : causeAndRemedy(code, ca, cert);
  return found && { code: code!, cause: found[0], remedy: found[1] };
}

function causeAndRemedy(code: string, ca: string, cert: string): [cause: string, remedy: string] | undefined {
  if (UNTRUSTED.includes(code)) {
    return [
      "its certificate is not signed by a CA that is trusted here",
      `Set ${ca} to the CA certificate of the service (ca.pem).`,
    ];
  }
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return ["its certificate is for another host name", "Connect by the name that the certificate has."];
    case "CERT_HAS_EXPIRED":
      return [
        "its certificate has expired",
        "Renew it on the server; if it is valid, set this machine's clock.",
      ];
    case "CERT_NOT_YET_VALID":
      return ["its certificate is not valid yet", "Is this machine's clock right?"];
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return ["it does not speak TLS on this port", "Check the port and the security settings."];
    case "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED":
      return ["it asks for a client certificate", `Set ${cert} (service.cert) and its key (service.key).`];
  }
  if (!/^ERR_(SSL|TLS|OSSL)_/.test(code)) return undefined;
  return /ALERT/.test(code)
    ? [
      `it refused the TLS handshake (${code})`,
      `Is ${cert} the certificate that belongs to this service, and still valid?`,
    ]
    : [`the TLS handshake failed (${code})`, `Check ${ca} and ${cert}.`];
}
