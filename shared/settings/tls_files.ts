/**
 * The certificate and key files of the connections to Kafka and PostgreSQL.
 *
 * @module
 */
import type { KeyObject, X509Certificate } from "node:crypto";
import type { ConnectionOptions } from "node:tls";
import type { Group } from "./setting.ts";
import { type SettingProblem, SettingsError } from "./error.ts";
import { type NamedFile, readCertificates, readPrivateKey } from "./pem.ts";
import type { Settings } from "./table.ts";

/** Files of a connection. Empty paths are not read. */
export interface TlsFiles {
  /** CA certificates; empty: the CAs that Deno trusts. */
  readonly ca: NamedFile;
  readonly certificate: NamedFile;
  readonly key: NamedFile;
}

type KafkaFiles = Pick<Settings, `KAFKA_SSL_${"CA" | "CERT" | "KEY"}FILE`>;
type PostgresFiles = Pick<Settings, "PGSSLMODE" | `PGSSL${"ROOTCERT" | "CERT" | "KEY"}`>;

export const kafkaTlsFiles = (settings: KafkaFiles): TlsFiles => ({
  ca: { setting: "KAFKA_SSL_CAFILE", path: settings.KAFKA_SSL_CAFILE },
  certificate: { setting: "KAFKA_SSL_CERTFILE", path: settings.KAFKA_SSL_CERTFILE },
  key: { setting: "KAFKA_SSL_KEYFILE", path: settings.KAFKA_SSL_KEYFILE },
});

/**
 * Whether to verify the certificate of the server. As in libpq, a root certificate makes `require` verify the chain.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 */
export const shouldVerifyServer = ({ PGSSLMODE: mode, PGSSLROOTCERT: root }: PostgresFiles): boolean =>
  mode === "verify-full" || mode === "verify-ca" || (mode === "require" && root !== "");

export const postgresTlsFiles = (settings: PostgresFiles): TlsFiles => ({
  ca: {
    setting: "PGSSLROOTCERT",
    path: shouldVerifyServer(settings) && settings.PGSSLROOTCERT !== "system" ? settings.PGSSLROOTCERT : "",
  },
  certificate: { setting: "PGSSLCERT", path: settings.PGSSLCERT },
  key: { setting: "PGSSLKEY", path: settings.PGSSLKEY },
});

/**
 * Reads the files of a connection.
 *
 * @throws {SettingsError} with all problems: invalid files, or a key that does not belong to the certificate
 */
export function readTlsFiles(
  { ca, certificate, key }: TlsFiles,
): Pick<ConnectionOptions, "ca" | "cert" | "key"> {
  const problems: SettingProblem[] = [];
  const readIfSet = <T>(file: NamedFile, read: (file: NamedFile) => T): T | undefined =>
    file.path === "" ? undefined : attempt(() => read(file), problems);
  const authorities = readIfSet(ca, readCertificates);
  const chain = readIfSet(certificate, readCertificates);
  const privateKey = readIfSet(key, readPrivateKey);
  const problem = chain && privateKey && keyPairProblem(certificate, chain, key, privateKey);
  if (problem !== undefined) problems.push(problem);
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    ...authorities && { ca: authorities.map(String) },
    ...chain && { cert: chain.map(String).join("") },
    ...privateKey && { key: privateKey.export({ type: "pkcs8", format: "pem" }) },
  };
}

/** The result of `read`; `undefined` if it throws a {@link SettingsError}, whose problems are added. */
function attempt<T>(read: () => T, problems: SettingProblem[]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** The problem if a key does not belong to the first certificate, which must be that of the client. */
export function keyPairProblem(
  certificate: NamedFile,
  chain: readonly X509Certificate[],
  key: NamedFile,
  privateKey: KeyObject,
): SettingProblem | undefined {
  const index = chain.findIndex((each) => each.checkPrivateKey(privateKey));
  if (index === 0) return undefined;
  const cause = `${key.path} (${key.setting}) is not the key of ${certificate.path} (${certificate.setting})`;
  return index < 0
    ? { cause, remedy: "Download both again from the same page (Aiven: service.cert and service.key)." }
    : {
      cause: `${cause}, but of certificate ${index + 1} in it`,
      remedy: "Put the client certificate first, followed by its issuers.",
    };
}

/**
 * Reads all certificate and key files that the settings of `groups` use, to report all problems together at start.
 *
 * @throws {SettingsError} with all problems
 */
export function checkTlsFiles(settings: Settings, groups: readonly Group[]): void {
  const connections = [
    ...groups.includes("kafka") && settings.KAFKA_SECURITY_PROTOCOL.endsWith("SSL")
      ? [kafkaTlsFiles(settings)]
      : [],
    ...groups.includes("postgresql") && settings.PGSSLMODE !== "disable" ? [postgresTlsFiles(settings)] : [],
  ];
  const problems: SettingProblem[] = [];
  for (const files of connections) attempt(() => readTlsFiles(files), problems);
  if (problems.length > 0) throw new SettingsError(problems);
}
