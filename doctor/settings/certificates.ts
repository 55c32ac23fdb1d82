/**
 * Checks of certificate files: readable, of the right kind, valid, and matching.
 *
 * @module
 */
import type { X509Certificate } from "node:crypto";
import { type NamedFile, readCertificates, readPrivateKey } from "../../shared/settings/pem.ts";
import { keyPairProblem } from "../../shared/settings/tls_files.ts";
import { diagnosed, failed, ok, type Outcome, outcomeOf, skipped } from "../check.ts";

/** The common name of a distinguished name, or the whole name if it has none. */
export const commonName = (name: string): string =>
  /^CN=(.*)$/m.exec(name)?.[1] ?? (name.replaceAll("\n", ", ") || "(no name)");

const formatDate = (at: Date) => at.toISOString().slice(0, 10);

/** Why a certificate is not valid now; `undefined` if it is. */
export function describeValidity(certificate: X509Certificate, now: number): string | undefined {
  if (certificate.validToDate.getTime() < now) return `expired on ${formatDate(certificate.validToDate)}`;
  if (certificate.validFromDate.getTime() > now) {
    return `is not valid before ${certificate.validFromDate.toISOString()}`;
  }
  return undefined;
}

const CLOCK = "If the certificate should be valid today, set this machine's clock.";

/** Checks the file of CA certificates that servers are verified against. */
export function checkCa(file: NamedFile, now: number): Outcome {
  const { setting, path } = file;
  if (path === "") return skipped(`${setting} is not set: the system's CAs are used`);
  if (path === "system") return skipped(`${setting}=system: the system's CAs are used`);
  let certificates: X509Certificate[];
  try {
    certificates = readCertificates(file);
  } catch (error) {
    return outcomeOf(error);
  }
  const first = certificates[0]!;
  const leaf = certificates.find((each) => !each.ca && !each.checkIssued(each));
  if (leaf) {
    return failed(
      `${path} is not a CA certificate but that of “${commonName(leaf.subject)}”`,
      `Set ${setting} to the CA certificate (Aiven: ca.pem; service.cert is the client certificate, KAFKA_SSL_CERTFILE).`,
    );
  }
  const problems = certificates.map((each) => describeValidity(each, now));
  if (problems.every((problem) => problem !== undefined)) {
    return failed(
      `the CA certificate ${path} ${problems[0]}`,
      `Download ca.pem again from the service's page. ${CLOCK}`,
    );
  }
  const names = certificates.map(({ subject }) => `“${commonName(subject)}”`);
  return ok(
    `${path}: ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}, ` +
      `valid until ${formatDate(first.validToDate)}`,
  );
}

/** Checks that a client certificate is valid, matches its key, and was issued by the CA. */
export function checkClientCertificate(
  certificate: NamedFile,
  key: NamedFile,
  ca: NamedFile,
  now: number,
): Outcome {
  if (certificate.path === "" && key.path === "") return skipped(`${certificate.setting} is not set`);
  if (certificate.path === "" || key.path === "") {
    const missing = certificate.path === "" ? certificate : key;
    return failed(
      `${missing.setting} is not set, and ${missing === key ? certificate.setting : key.setting} is`,
      "Set both (Aiven: service.cert and service.key), or neither.",
    );
  }
  let certificates: X509Certificate[];
  try {
    certificates = readCertificates(certificate);
  } catch (error) {
    return outcomeOf(error);
  }
  const leaf = certificates[0]!;
  try {
    const problem = keyPairProblem(certificate, certificates, key, readPrivateKey(key));
    if (problem !== undefined) return diagnosed(problem);
  } catch (error) {
    return outcomeOf(error);
  }
  const problem = describeValidity(leaf, now);
  const who = `${certificate.path}: “${commonName(leaf.subject)}”`;
  if (problem) {
    return failed(
      `${who} ${problem}`,
      `Download service.cert and service.key again (Aiven: console → Users). ${CLOCK}`,
    );
  }
  if (ca.path !== "" && ca.path !== "system" && !isIssuedBy(certificates, ca)) {
    return failed(
      `${who} was issued by “${commonName(leaf.issuer)}”, which is not the CA in ${ca.path}`,
      "On Aiven a project's CA issues both, so one of the two is from another project: download all three files again from " +
        "one service. Clusters with a separate CA for clients may ignore this.",
      { blocks: false },
    );
  }
  return ok(`${who}, matches its key, valid until ${formatDate(leaf.validToDate)}`);
}

/** Whether a CA certificate has signed the first certificate or an intermediate of its chain. */
function isIssuedBy(chain: readonly X509Certificate[], ca: NamedFile): boolean {
  let authorities: X509Certificate[];
  try {
    authorities = readCertificates(ca);
  } catch {
    // Reported by checkCa().
    return true;
  }
  const signed = (certificate: X509Certificate, by: X509Certificate) =>
    certificate.checkIssued(by) && certificate.verify(by.publicKey);
  return chain.some((certificate, index) =>
    chain.slice(0, index).every((each, at) => signed(each, chain[at + 1]!)) &&
    authorities.some((authority) => signed(certificate, authority))
  );
}
