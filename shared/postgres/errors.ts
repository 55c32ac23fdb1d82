/**
 * Classifies errors of PostgreSQL. SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html
 *
 * @module
 */
import { codeOf, type Failure, messageOf, PermanentError, TransientError } from "../errors.ts";
import { diagnoseNetwork, POSTGRES_NAMES } from "../diagnosis/network.ts";
import { diagnosePostgresLogin, isConnectTimeout } from "../diagnosis/postgres_login.ts";
import { STATEMENT_REMEDIES } from "../diagnosis/postgres_statement.ts";
import { diagnoseTls, isTlsCode } from "../diagnosis/tls.ts";
import type { Settings } from "../settings/table.ts";
import { classOfRaisedSqlState, classOfSqlState, type ErrorClass, isSqlState } from "./sqlstate.ts";

/** Fields of an error message of PostgreSQL, as pg names them. */
export interface PostgresErrorFields {
  readonly code?: string;
  readonly detail?: string;
  /** The context: "COPY table, line 5", and the functions and statements in which the error occurred, in the server's language. */
  readonly where?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  /** Name of the C function that reported the error. */
  readonly routine?: string;
}

/** The `routine` of errors raised by PL/pgSQL's RAISE. */
const RAISE_ROUTINE = "exec_stmt_raise";

/** Whether an error comes from pg: it has an SQLSTATE or a code of Node's, or says that the connection ended. */
export function isPostgresError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof PermanentError || error instanceof TransientError) {
    return false;
  }
  return typeof (error as { code?: unknown }).code === "string" ||
    /connection|terminated|timeout|not queryable|client was closed/i.test(messageOf(error));
}

/** The class of an error of a statement or a connection. */
export function classify(error: unknown): ErrorClass {
  if (error instanceof PermanentError) return "environment";
  const code = codeOf(error);
  if (isTlsCode(code)) return "environment";
  // No SQLSTATE: the connection failed or timed out.
  if (!isSqlState(code)) return "transient";
  // A trigger that rejects rows may choose any code.
  if ((error as PostgresErrorFields).routine === RAISE_ROUTINE) return classOfRaisedSqlState(code);
  const errorClass = classOfSqlState(code);
  // A function's statements are not the consumer's; 55000 is transient only for a connection.
  const isOfFunction = functionOf(error) !== undefined && (errorClass === "internal" || code === "55000");
  return isOfFunction ? "environment" : errorClass;
}

/**
 * The function or trigger in which an error occurred, from the error's context.
 *
 * @returns its name and parameter types if the context contains them, else the context's first line; `undefined`: none
 */
export function functionOf(error: unknown): string | undefined {
  const { where } = error as PostgresErrorFields;
  const lines = where?.split("\n").filter((line) => !line.startsWith("COPY ")) ?? [];
  const inProcedure = lines.find((line) => /^[^"]*PL\/\w+/.test(line));
  return /[^\s"()]+\([^()]*\)/.exec(inProcedure ?? "")?.[0] ?? inProcedure ?? lines[0];
}

/** Value of the label `class` of the retry metric. */
export function retryClass(error: unknown): string {
  const code = codeOf(error) ?? "";
  if (code.startsWith("40")) return "serialization";
  if (code.startsWith("53")) return "resources";
  if (code.startsWith("55")) return "lock";
  if (code === "25006") return "read_only";
  if (code === "57014") return "timeout";
  if (code.startsWith("57")) return "shutdown";
  return "connection";
}

/** The diagnosis of a failed statement. @param action what failed, such as `Cannot store records` */
export function statementFailure(action: string, error: unknown): Failure {
  const code = codeOf(error);
  return {
    action,
    code: code ?? "POSTGRES_UNAVAILABLE",
    cause: messageOf(error),
    remedy: remedyOf(error, code),
  };
}

/** The error that stops a service because of a failed statement. */
export const permanentStatementError = (action: string, error: unknown): PermanentError =>
  new PermanentError(statementFailure(action, error), { cause: error });

/** The error of a failed statement that is retried. */
export const transientStatementError = (action: string, error: unknown): TransientError =>
  new TransientError(statementFailure(action, error), retryClass(error), { cause: error });

function remedyOf(error: unknown, code: string | undefined): string {
  if (code === undefined) return "";
  const cause = error instanceof Error && !(error as PostgresErrorFields).where
    ? error.cause ?? error
    : error;
  const inFunction = isSqlState(code) && classify(cause) === "environment" ? functionOf(cause) : undefined;
  if (inFunction === undefined) return STATEMENT_REMEDIES[code] ?? "";
  return `It occurred in ${inFunction}, a trigger or function of the table: correct or drop it.` +
    (code === "42501" ? " A function declared SECURITY DEFINER runs with its owner's privileges." : "");
}

/** What {@link connectError} needs of the settings. */
type ConnectionSettings = Pick<
  Settings,
  "PGHOST" | "PGPORT" | "PGUSER" | "PGDATABASE" | "PGSSLMODE" | "PGSSLROOTCERT" | "PGSSLCERT"
>;

/** The error of a failed connection attempt. Contains the address, never the password. */
export function connectError(
  error: unknown,
  settings: ConnectionSettings,
  database: string = settings.PGDATABASE,
): PermanentError | TransientError {
  const { PGHOST: host, PGPORT: port, PGUSER: user, PGSSLMODE: mode } = settings;
  const action = `Cannot connect to PostgreSQL at ${host}:${port}`;
  const code = codeOf(error);
  const tls = diagnoseTls(code, {
    host,
    ca: { setting: "PGSSLROOTCERT", path: settings.PGSSLROOTCERT },
    certificate: { setting: "PGSSLCERT", path: settings.PGSSLCERT },
  });
  const login = diagnosePostgresLogin(error, { user, database, mode });
  const isTransient = classify(error) === "transient" && login?.code !== "POSTGRES_TLS_MISSING";
  if (!isTransient) {
    const found = tls ?? login;
    return found
      ? new PermanentError({ action, ...found }, { cause: error })
      : permanentStatementError(action, error);
  }
  const found = login ??
    diagnoseNetwork(isConnectTimeout(error) ? "ETIMEDOUT" : code, "it", POSTGRES_NAMES);
  return found
    ? new TransientError({ action, ...found }, retryClass(error), { cause: error })
    : transientStatementError(action, error);
}
