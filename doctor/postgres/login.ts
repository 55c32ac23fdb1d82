/**
 * Checks of the PostgreSQL session: authentication, database, and encryption.
 *
 * @module
 */
import type pg from "pg";
import {
  diagnosePostgresLogin,
  missingDatabase,
  type PostgresLogin,
} from "../../shared/diagnosis/postgres_login.ts";
import { unexpectedDatabase } from "../../shared/diagnosis/postgres_settings.ts";
import { codeOf, messageOf } from "../../shared/errors.ts";
import { connectPostgres, endSession } from "../../shared/postgres/connection.ts";
import { inspectSession } from "../../shared/postgres/session.ts";
import { SETTINGS } from "../../shared/settings/table.ts";
import { diagnosed, failed, ok, type Outcome, skipped, warning } from "../check.ts";
import type { Context } from "../context.ts";
import { MAINTENANCE_DATABASES } from "../../shared/schema/create_database.ts";

const OPTIONS = { applicationName: "doctor" };

async function connect(context: Context, database?: string): Promise<pg.Client> {
  const client = await connectPostgres(context.settings, { ...OPTIONS, ...database && { database } });
  context.onClose(() => endSession(client));
  return client;
}

/** Checks that the account can log in, if necessary to another database. */
export async function checkLogin(context: Context): Promise<Outcome> {
  const { PGUSER: user, PGDATABASE: name } = context.settings;
  try {
    const client = await connect(context);
    const { isPooled } = context.set("session", await inspectSession(client));
    context.set("client", client);
    context.set("database", name);
    return ok(`logged in as “${user}”${isPooled ? ", through a connection pooler" : ""}`);
  } catch (error) {
    if (codeOf(error) !== "3D000") return loginOutcome(context, error);
    // PostgreSQL authenticates before it looks up the database.
  }
  for (const database of MAINTENANCE_DATABASES) {
    try {
      const client = await connect(context, database);
      context.set("session", await inspectSession(client));
      context.set("client", client);
      context.set("database", database);
      break;
    } catch {
      // Try the next one.
    }
  }
  return ok(`“${user}” is authenticated`);
}

const loginOf = (context: Context): PostgresLogin => {
  const { PGUSER: user, PGDATABASE: database, PGSSLMODE: mode } = context.settings;
  return { user, database, mode, named: (setting) => context.displayName(setting) };
};

function loginOutcome(context: Context, error: unknown): Outcome {
  const found = diagnosePostgresLogin(error, loginOf(context));
  return found ? diagnosed(found) : failed(messageOf(error), "");
}

/** Checks with pg_stat_ssl that the connection is encrypted as `PGSSLMODE` requires. */
export async function checkSslMode(context: Context): Promise<Outcome> {
  const mode = context.settings.PGSSLMODE;
  const client = context.find("client");
  if (client === undefined) {
    return skipped("skipped: requires a connection to a database", { blocks: true });
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
        `PGSSLMODE=disable, but the server reports TLS`,
        "Is there a proxy or a pooler in between?",
      )
      : ok(`PGSSLMODE=${mode} is in effect: the server reports ${seen.version}, ${seen.cipher}`);
  }
  return plaintextOutcome(context);
}

/** The outcome if the server reports no TLS. */
export function plaintextOutcome(context: Pick<Context, "settings" | "displayName">): Outcome {
  const mode = context.settings.PGSSLMODE;
  switch (mode) {
    case "disable":
      return ok(
        "PGSSLMODE=disable is in effect: the connection is not encrypted; with pg_hba.conf's method “password”, neither is the password",
      );
    case "allow":
    case "prefer":
      return ok(`PGSSLMODE=${mode} is in effect; the connection is not encrypted`);
    default:
      return failed(
        `PGSSLMODE=${mode}, but the server reports an unencrypted connection`,
        "A pooler or a proxy terminates TLS: connect to the server directly, or make sure that the network behind it is trusted.",
      );
  }
}

/** Checks that the database exists, is the intended one, and is writable. */
export async function checkDatabase(context: Context): Promise<Outcome> {
  const { PGDATABASE: name, PGUSER: user } = context.settings;
  if (context.find("client") === undefined) {
    return diagnosed(missingDatabase(loginOf(context), ", and the account cannot connect to any other"));
  }
  const { rows } = await context.withClient((client) =>
    client.query<Server>(
      `SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS replica,
       coalesce((SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only'), 'off') = 'on' AS "readOnly",
       (SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user) AS "canCreate",
       array(SELECT datname::text FROM pg_database WHERE NOT datistemplate ORDER BY 1) AS databases`,
    )
  );
  const server = rows[0]!;
  if (context.get("database") !== name) return missingDatabaseOutcome(context, server);
  if (server.replica) {
    return failed(
      `${name} is on a read-only replica`,
      `Connect to the primary (Aiven: the service URI without “replica-”): correct PGHOST and PGPORT.`,
    );
  }
  if (server.readOnly) {
    return failed(
      `${name} is read-only for “${user}” (default_transaction_read_only)`,
      "On Aiven, the disk is full: delete rows or choose a larger plan. Otherwise: ALTER ROLE or ALTER DATABASE … RESET default_transaction_read_only.",
    );
  }
  return await maintenanceDatabaseOutcome(context, server) ??
    ok(`${name}, PostgreSQL ${server.version.split(" ")[0]}`);
}

interface Server {
  readonly version: string;
  readonly replica: boolean;
  readonly readOnly: boolean;
  readonly canCreate: boolean;
  readonly databases: readonly string[];
}

function missingDatabaseOutcome(context: Context, { databases, canCreate }: Server): Outcome {
  if (canCreate) {
    const name = context.settings.PGDATABASE;
    return skipped(`the database “${name}” does not exist yet; the consumer creates it at startup`, {
      blocks: true,
    });
  }
  return diagnosed(missingDatabase(
    loginOf(context),
    `, and the account is not allowed to create it; existing databases: ${databases.join(", ")}`,
  ));
}

/** The outcome if the database is a server's default one without the pipeline's tables, else `undefined`. */
async function maintenanceDatabaseOutcome(
  context: Context,
  { databases }: Server,
): Promise<Outcome | undefined> {
  const name = context.settings.PGDATABASE;
  if (!MAINTENANCE_DATABASES.includes(name)) return undefined;
  const table = context.get("streams")[0]!.table;
  if (await context.withClient((client) => hasTable(client, table))) return undefined;
  return unexpectedDatabaseOutcome(
    context,
    databases.includes(DEFAULT_DATABASE) && await defaultDatabaseHasTable(context, table),
  );
}

/** The default of `PGDATABASE`. */
const DEFAULT_DATABASE = SETTINGS.PGDATABASE.default;

async function hasTable(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AS there",
    [table],
  );
  return rows[0]!.there;
}

/** Whether the account can see the table in {@link DEFAULT_DATABASE}. */
async function defaultDatabaseHasTable(context: Context, table: string): Promise<boolean> {
  try {
    return await hasTable(await connect(context, DEFAULT_DATABASE), table);
  } catch {
    return false;
  }
}

/**
 * The outcome if the database is a server's default one and has no tables of the pipeline.
 *
 * @param elsewhere whether {@link DEFAULT_DATABASE} has the tables
 */
export function unexpectedDatabaseOutcome(
  context: Pick<Context, "settings" | "origin">,
  elsewhere: boolean,
): Outcome {
  const name = context.settings.PGDATABASE;
  const { cause, remedy } = unexpectedDatabase(
    name,
    DEFAULT_DATABASE,
    context.origin("PGDATABASE") === "DATABASE_URL",
  );
  if (elsewhere) return failed(`${cause}, which has the tables`, remedy, { blocks: false });
  return warning(`${cause}; it has no tables of the pipeline yet`, `If this is not intended: ${remedy}`);
}
