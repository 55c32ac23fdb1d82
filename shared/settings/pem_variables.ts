/**
 * Environment variables with the content of PEM files, in which Aiven provides certificates and keys. A setting refers to one with
 * `env:NAME` in place of a path, so that no setting contains a private key.
 *
 * @module
 */

export const PEM_VARIABLES = [
  "KAFKA_CA_CERT",
  "KAFKA_ACCESS_CERT",
  "KAFKA_ACCESS_KEY",
  "POSTGRESQL_CA_CERT",
] as const;

export type PemVariable = typeof PEM_VARIABLES[number];

/** The value of a setting that refers to a variable. */
export const referenceTo = (variable: PemVariable): string => `env:${variable}`;

/** The name in a value such as `env:KAFKA_CA_CERT`; `undefined` for a path. */
export const variableIn = (path: string): string | undefined => /^env:(.*)$/s.exec(path)?.[1];

/** PEM with line breaks: some systems store a literal `\n` for each. */
export const withLineBreaks = (pem: string): string => pem.replaceAll("\\n", "\n");
