/**
 * Checks of the login to PostgreSQL: account, database, and what `sslmode` came to.
 *
 * @module
 */
import type pg from "pg";
import {
  diagnosePostgresLogin,
  missingDatabase,
  type PostgresLogin,
} from "../../shared/diagnosis/postgres_login.ts";
import { unusualDatabase as unusualDatabaseDiagnosis } from "../../shared/diagnosis/postgres_settings.ts";
import { codeOf, messageOf } from "../../shared/errors.ts";
import { pause } from "../../shared/lifecycle.ts";
import { connectPostgres } from "../../shared/postgres/connection.ts";
import { inspectSession } from "../../shared/postgres/session.ts";
import { SETTINGS } from "../../shared/settings/table.ts";
import { diagnosed, failed, ok, type Outcome, skipped, warned } from "../check.ts";
import type { Context } from "../context.ts";
import { MAINTENANCE_DATABASES } from "../../shared/schema/create_database.ts";

const OPTIONS = { applicationName: "doctor" };

async function connect(context: Context, database?: string): Promise<pg.Client> {
  const client = await connectPostgres(context.settings, { ...OPTIONS, ...database && { database } });
  // A server that has gone may never say that the connection ended.
  context.closing(() => Promise.race([client.end().catch(() => {}), pause(500)]));
  return client;
}

/** Whether the account is let in, be it to another database than the one asked for. */
export async function checkLogin(context: Context): Promise<Outcome> {
  const { PGUSER: user, PGDATABASE: name } = context.settings;
  try {
    const client = await connect(context);
    const { isPooled } = context.put("session", await inspectSession(client));
    context.put("client", client);
    context.put("database", name);
    return ok(`logged in as “${user}”${isPooled ? ", through a connection pooler" : ""}`);
  } catch (error) {
    if (codeOf(error) !== "3D000") return refusal(context, error);
    // The account was let in before the database was looked for.
  }
  for (const database of MAINTENANCE_DATABASES) {
    try {
      const client = await connect(context, database);
      context.put("session", await inspectSession(client));
      context.put("client", client);
      context.put("database", database);
      break;
    } catch {
      // It may have another of them.
    }
  }
  return ok(`the account “${user}” is let in`);
}

const loginOf = (context: Context): PostgresLogin => {
  const { PGUSER: user, PGDATABASE: database, PGSSLMODE: mode } = context.settings;
  return { user, database, mode, named: (setting) => context.named(setting) };
};

function refusal(context: Context, error: unknown): Outcome {
  const found = diagnosePostgresLogin(error, loginOf(context));
  return found ? diagnosed(found) : failed(messageOf(error), "");
}

/** Whether the connection is encrypted as `sslmode` asks, as the server itself sees it. */
export async function checkSslMode(context: Context): Promise<Outcome> {
  const mode = context.settings.PGSSLMODE;
  const client = context.find("client");
  if (client === undefined) {
    return skipped("not checked, since no database can be connected to", { blocks: true });
  }
  const { rows } = await context.withClient((client) =>
    client.query<{ ssl: boolean; version: string | null; cipher: string | null }>(
      "SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    )
  );
  const seen = rows[0];
  if (seen?.ssl) {
    return mode === "disable"
      ? failed(
        `the server says TLS is used, and PGSSLMODE=disable`,
        "Is there a proxy or a pooler in between?",
      )
      : ok(`PGSSLMODE=${mode} is honoured: the server says ${seen.version}, ${seen.cipher}`);
  }
  return sslOff(context);
}

/** No TLS, as the server sees it. */
export function sslOff(context: Pick<Context, "settings" | "named">): Outcome {
  const mode = context.settings.PGSSLMODE;
  switch (mode) {
    case "disable":
      return ok(
        "PGSSLMODE=disable is honoured: everything is in the clear, with pg_hba.conf's method “password” the password, too",
      );
    case "allow":
    case "prefer":
      return ok(`PGSSLMODE=${mode} is honoured, and the connection is in the clear`);
    default:
      return failed(
        `the server says that the connection is not encrypted, and PGSSLMODE=${mode}`,
        "A pooler or a proxy in between ends TLS: connect to the server itself, or make sure that the way behind it is your own.",
      );
  }
}

/** Whether the database is there, is the right one, and can be written to. */
export async function checkDatabase(context: Context): Promise<Outcome> {
  const { PGDATABASE: name, PGUSER: user } = context.settings;
  if (context.find("client") === undefined) {
    return diagnosed(missingDatabase(loginOf(context), ", and none other that can be connected to"));
  }
  const { rows } = await context.withClient((client) =>
    client.query<Server>(
      `SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS replica,
       coalesce((SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only'), 'off') = 'on' AS "readOnly",
       (SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user) AS "mayCreate",
       array(SELECT datname::text FROM pg_database WHERE NOT datistemplate ORDER BY 1) AS databases`,
    )
  );
  const server = rows[0]!;
  if (context.get("database") !== name) return databaseToCreate(context, server);
  if (server.replica) {
    return failed(
      `${name} is on a read-only replica`,
      `Connect to the primary (Aiven: the service URI without “replica-”): correct PGHOST and PGPORT.`,
    );
  }
  if (server.readOnly) {
    return failed(
      `${name} is read-only for “${user}” (default_transaction_read_only)`,
      "On Aiven that is a disk that is full: delete rows or take a larger plan. Else ALTER ROLE or ALTER DATABASE … RESET default_transaction_read_only.",
    );
  }
  return await wrongDatabase(context, server) ?? ok(`${name}, PostgreSQL ${server.version.split(" ")[0]}`);
}

interface Server {
  readonly version: string;
  readonly replica: boolean;
  readonly readOnly: boolean;
  readonly mayCreate: boolean;
  readonly databases: readonly string[];
}

function databaseToCreate(context: Context, { databases, mayCreate }: Server): Outcome {
  if (mayCreate) {
    const name = context.settings.PGDATABASE;
    return skipped(`there is no database “${name}” yet; the consumer creates it when it starts`, {
      blocks: true,
    });
  }
  return diagnosed(missingDatabase(
    loginOf(context),
    `, and the account may not create it; there are: ${databases.join(", ")}`,
  ));
}

/** The database that the service was made with, in place of the one for the routes. */
async function wrongDatabase(context: Context, { databases }: Server): Promise<Outcome | undefined> {
  const name = context.settings.PGDATABASE;
  if (!MAINTENANCE_DATABASES.includes(name)) return undefined;
  const table = context.get("streams")[0]!.table;
  if (await context.withClient((client) => hasTable(client, table))) return undefined;
  return unusualDatabase(context, databases.includes(USUAL) && await usualHasTable(context, table));
}

/** The database that most have the tables in. */
const USUAL = SETTINGS.PGDATABASE.default;

async function hasTable(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regclass(quote_ident($1)) IS NOT NULL AS there",
    [table],
  );
  return rows[0]!.there;
}

/** Whether the usual database has the table, as far as the account may see. */
async function usualHasTable(context: Context, table: string): Promise<boolean> {
  try {
    return await hasTable(await connect(context, USUAL), table);
  } catch {
    return false;
  }
}

/**
 * A database that every server has, without tables of the pipeline.
 *
 * @param elsewhere whether the usual database has them
 */
export function unusualDatabase(
  context: Pick<Context, "settings" | "origin">,
  elsewhere: boolean,
): Outcome {
  const name = context.settings.PGDATABASE;
  const { cause, remedy } = unusualDatabaseDiagnosis(
    name,
    USUAL,
    context.origin("PGDATABASE") === "DATABASE_URL",
  );
  if (elsewhere) return failed(`${cause}, which has the tables`, remedy, { blocks: false });
  return warned(`${cause}; it has no tables of the pipeline yet`, `If that is not meant: ${remedy}`);
}
