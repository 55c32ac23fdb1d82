import type { PostgresOptions } from "./types.ts";

/** The superuser of every PostgreSQL server started here, and its database. They listen on loopback only. */
export const SUPERUSER = { user: "postgres", password: "postgres", database: "postgres" } as const;

/** A connection URI of the superuser. */
export function postgresUrl(host: string, port: number, database: string): string {
  return `postgres://${SUPERUSER.user}:${SUPERUSER.password}@${host}:${port}/${encodeURIComponent(database)}`;
}

const FILES = {
  hostBasedAuthentication: "pg_hba.conf",
  certificate: "server.crt",
  key: "server.key",
  clientAuthority: "client-ca.crt",
};

/** Contents of the configuration files, by name. */
export function postgresFiles({ hostBasedAuthentication, tls }: PostgresOptions): Record<string, string> {
  const lines = hostBasedAuthentication ?? [
    "local all all scram-sha-256",
    "host all all all scram-sha-256",
    "host replication all all scram-sha-256",
  ];
  return {
    [FILES.hostBasedAuthentication]: lines.map((line) => `${line}\n`).join(""),
    ...tls && { [FILES.certificate]: tls.certificate, [FILES.key]: tls.key },
    ...tls?.clientAuthority && { [FILES.clientAuthority]: tls.clientAuthority },
  };
}

/**
 * Arguments of `postgres` for its settings.
 *
 * @param folder of the {@link postgresFiles}
 */
export function postgresArguments(folder: string, { tls, settings }: PostgresOptions): string[] {
  const all: Record<string, string> = {
    hba_file: `${folder}/${FILES.hostBasedAuthentication}`,
    ...tls &&
      { ssl: "on", ssl_cert_file: `${folder}/${FILES.certificate}`, ssl_key_file: `${folder}/${FILES.key}` },
    ...tls?.clientAuthority && { ssl_ca_file: `${folder}/${FILES.clientAuthority}` },
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
