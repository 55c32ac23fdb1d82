/**
 * `DATABASE_URL`, the service URI that Aiven's console shows, taken apart into libpq's settings.
 *
 * @module
 */
import type { SettingName } from "./table.ts";

/** URI parameters that are settings of ours. The names are libpq's. */
const PARAMETERS: Readonly<Record<string, SettingName>> = {
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
  sslcert: "PGSSLCERT",
  sslkey: "PGSSLKEY",
  connect_timeout: "PGCONNECT_TIMEOUT",
};

/**
 * Overwrites the `PG…` texts with what `DATABASE_URL` names, and notes it as their origin. A URI that can't be parsed is
 * a problem; its text is never shown, since it has the password in it.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function applyDatabaseUrl(
  texts: Record<SettingName, string>,
  origins: Record<SettingName, string>,
  problems: string[],
): void {
  if (texts.DATABASE_URL === "") return;
  const url = URL.canParse(texts.DATABASE_URL) ? new URL(texts.DATABASE_URL) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    problems.push(
      `DATABASE_URL (${origins.DATABASE_URL}) is not a service URI: it must read ` +
        "postgres://user:password@host:port/database?sslmode=…, with special characters of the password percent-encoded.",
    );
    return;
  }
  const take = (name: SettingName, text: string) => {
    if (text === "") return;
    texts[name] = text;
    origins[name] = "DATABASE_URL";
  };
  try {
    take("PGHOST", decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1"));
    take("PGPORT", url.port);
    take("PGUSER", decodeURIComponent(url.username));
    take("PGPASSWORD", decodeURIComponent(url.password));
    take("PGDATABASE", decodeURIComponent(url.pathname.slice(1)));
  } catch {
    problems.push("DATABASE_URL has a % that is not followed by two hexadecimal digits: write it as %25.");
  }
  for (const [parameter, name] of Object.entries(PARAMETERS)) {
    take(name, url.searchParams.get(parameter) ?? "");
  }
}
