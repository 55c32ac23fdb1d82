/**
 * Certificate files: that they are there, what they say they are, valid now, and belong together.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readPem } from "../../shared/settings/pem.ts";
import { failed, ok, type Outcome, skipped } from "./check.ts";

/** A file, and the setting that names it. */
export interface NamedFile {
  readonly setting: string;
  /** Empty: not set. */
  readonly path: string;
}

/** Reads the certificates of a PEM file, in its order. @throws {SettingsError} where there are none */
export function readCertificates({ setting, path }: NamedFile): X509Certificate[] {
  const blocks = readPem(setting, path, "CERTIFICATE")
    .match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** The common name of a certificate's subject or issuer, or all of it where it has none. */
export const commonName = (name: string): string =>
  /^CN=(.*)$/m.exec(name)?.[1] ?? (name.replaceAll("\n", ", ") || "(no name)");

const date = (at: Date) => at.toISOString().slice(0, 10);

/** Why a certificate is not valid at a time; `undefined`: it is. */
export function dateProblem(certificate: X509Certificate, now: number): string | undefined {
  if (certificate.validToDate.getTime() < now) return `expired on ${date(certificate.validToDate)}`;
  if (certificate.validFromDate.getTime() > now) {
    return `is not valid before ${certificate.validFromDate.toISOString()}`;
  }
  return undefined;
}

const CLOCK = "If these dates are right for today, set this machine's clock.";

/** Checks the file of CA certificates that a server's certificate is held against. */
export function checkCa(file: NamedFile, now: number): Outcome {
  const { setting, path } = file;
  if (path === "") return skipped(`${setting} is not set, so the system's CAs count`);
  if (path === "system") return skipped(`${setting}=system, so the system's CAs count`);
  let certificates: X509Certificate[];
  try {
    certificates = readCertificates(file);
  } catch (error) {
    return unreadable(error);
  }
  const first = certificates[0];
  if (first === undefined) return truncated(file);
  const leaf = certificates.find((each) => !each.ca && !each.checkIssued(each));
  if (leaf) {
    return failed(
      `${path} is not a CA's certificate: it is that of “${commonName(leaf.subject)}”`,
      `Set ${setting} to the CA certificate (Aiven: ca.pem; service.cert is the client's, KAFKA_SSL_CERTFILE).`,
    );
  }
  const problems = certificates.map((each) => dateProblem(each, now));
  if (problems.every((problem) => problem !== undefined)) {
    return failed(
      `the CA certificate ${path} ${problems[0]}`,
      `Download ca.pem anew from the service's page. ${CLOCK}`,
    );
  }
  const names = certificates.map(({ subject }) => `“${commonName(subject)}”`);
  return ok(
    `${path}: ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}, ` +
      `valid until ${date(first.validToDate)}`,
  );
}

/** Checks a client certificate, its key, and that the CA has issued it. */
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
    return unreadable(error);
  }
  const leaf = certificates[0];
  if (leaf === undefined) return truncated(certificate);
  const keyOutcome = checkKey(leaf, certificate, key);
  if (keyOutcome) return keyOutcome;
  const problem = dateProblem(leaf, now);
  const who = `${certificate.path}: “${commonName(leaf.subject)}”`;
  if (problem) {
    return failed(
      `${who} ${problem}`,
      `Download service.cert and service.key anew (Aiven: console → Users). ${CLOCK}`,
    );
  }
  if (ca.path !== "" && ca.path !== "system" && !issuedBy(certificates, ca)) {
    return failed(
      `${who} was issued by “${commonName(leaf.issuer)}”, which is not the CA in ${ca.path}`,
      "On Aiven a project's CA issues both, so one of the two is from another project: download all three anew from " +
        "one service. On a cluster whose clients have a CA of their own this is as it should be.",
      { blocks: false },
    );
  }
  return ok(`${who}, belongs to its key, valid until ${date(leaf.validToDate)}`);
}

/** What is wrong with the key of a certificate. */
function checkKey(leaf: X509Certificate, certificate: NamedFile, key: NamedFile): Outcome | undefined {
  let text: string;
  try {
    text = readPem(key.setting, key.path, "PRIVATE KEY");
  } catch (error) {
    return unreadable(error);
  }
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text)) {
    return failed(
      `${key.path} (${key.setting}) is encrypted with a passphrase, which the services can't ask for`,
      `Decrypt it: openssl pkey -in ${key.path} -out service.key; and keep the result secret.`,
    );
  }
  try {
    if (leaf.checkPrivateKey(createPrivateKey(text))) return undefined;
  } catch {
    return failed(`${key.path} (${key.setting}) is not a readable private key`, "Download service.key anew.");
  }
  return failed(
    `${key.path} is not the key of ${certificate.path}`,
    `${certificate.setting} and ${key.setting} must be a pair: download service.cert and service.key together.`,
  );
}

/** Whether one of the CA certificates has signed the first certificate, or the last of the chain that comes with it. */
function issuedBy(chain: readonly X509Certificate[], ca: NamedFile): boolean {
  let authorities: X509Certificate[];
  try {
    authorities = readCertificates(ca);
  } catch {
    // Said by the check of the CA file.
    return true;
  }
  const signed = (certificate: X509Certificate, by: X509Certificate) =>
    certificate.checkIssued(by) && certificate.verify(by.publicKey);
  return chain.some((certificate, index) =>
    chain.slice(0, index).every((each, at) => signed(each, chain[at + 1]!)) &&
    authorities.some((authority) => signed(certificate, authority))
  );
}

/** The error's own sentences say what to do. */
const unreadable = (error: unknown) => failed((error as Error).message, "");

const truncated = ({ path, setting }: NamedFile) =>
  failed(`${path} (${setting}) holds no whole certificate`, "It was cut off: download it anew.");
