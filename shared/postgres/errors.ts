/**
 * Failures of PostgreSQL by class. SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 *
 * @module
 */
import { codeOf, messageOf, PermanentError, tlsProblem, TransientError } from "../errors.ts";
import type { Settings } from "../settings/table.ts";

/**
 * - `transient`: passes by itself; wait and try again.
 * - `record`: one record of the batch is refused; find it, quarantine it, store the rest.
 * - `permanent`: trying again does not mend it; stop and say what to do.
 */
export type FailureClass = "transient" | "record" | "permanent";

/** The server asks for a password, and there is none. */
export class NoPasswordError extends PermanentError {}

/** SQLSTATEs (or their first two characters) that pass by themselves. */
const TRANSIENT = [
  "08", // connection exception
  "25006", // read-only transaction: a failover is under way
  "40", // transaction rollback: serialization failure, deadlock
  "53", // insufficient resources: disk full, too many connections, out of memory
  "55", // object not in prerequisite state: lock not available, object in use
  "57", // operator intervention: shutdown, crash recovery, cancelled
  "58", // system error: I/O
  "XX", // internal error
];

/** Data of a record that the table refuses. */
const RECORD = [
  "22", // data exception, such as a number out of range
  "23", // integrity constraint violation
  "44", // view's check option
  "P0", // raised by a trigger
];

/** Of class 22, but the format of the whole table's data is meant: a column has another type than the stream's. */
const FORMAT = ["22P03", "22P04"];

/** Codes of Node's such as EPIPE are as long, but have no digit. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

const startsWithOneOf = (code: string, prefixes: readonly string[]) =>
  prefixes.some((prefix) => code.startsWith(prefix));

/** The class of an error that a statement or a connection ended with. */
export function classify(error: unknown): FailureClass {
  if (error instanceof PermanentError) return "permanent";
  const code = codeOf(error);
  if (tlsProblem(code, "", "") !== undefined) return "permanent";
  // No SQLSTATE: the connection broke, timed out or was refused.
  if (code === undefined || !SQLSTATE.test(code) || startsWithOneOf(code, TRANSIENT)) return "transient";
  if (startsWithOneOf(code, RECORD) && !FORMAT.includes(code)) return "record";
  return "permanent";
}

/** What the label `class` of the metric of retries says of a transient failure. */
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

/** What the account, the database or the table lacks, and how to mend it, by SQLSTATE. */
const REMEDIES: Readonly<Record<string, string>> = {
  "28P01": "Check PGUSER and PGPASSWORD.",
  "28000": "Check PGUSER, PGPASSWORD, PGSSLMODE, and what pg_hba.conf (or the service's IP filter) lets in.",
  "3D000": "Create it, or correct PGDATABASE.",
  "42P01": "Restart the consumer to have it created, or create it as the README's “Tables” shows.",
  "42703": "The table has other columns than the stream: correct it as the README's “Tables” shows.",
  "42501": "Grant the account what the README's “Privileges” lists.",
  "22P03": "A column has another type than the stream: correct it as the README's “Tables” shows.",
  "22P04": "The table has other columns than the stream: correct it as the README's “Tables” shows.",
};

/** Says what could not be done, why, and what to do: the sentence that a service stops or waits with. */
export function explain(action: string, error: unknown): string {
  const code = codeOf(error);
  const remedy = code === undefined ? undefined : REMEDIES[code];
  return `${action}: ${messageOf(error)}.${remedy ? ` ${remedy}` : ""}`.replace(/\.\.+/, ".");
}

/** What to check when a connection is refused or not answered, by Node's code. */
const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Is it running, and are PGHOST and PGPORT right?",
  ENOTFOUND: "There is no such host name. Check PGHOST.",
  EAI_AGAIN: "The host name could not be looked up. Check PGHOST and the network.",
  ETIMEDOUT:
    "No answer. Check PGHOST and PGPORT, and whether a firewall or the service's IP filter is in between.",
};

/** The error that a failed connection attempt becomes, with the address in it and never the password. */
export function connectError(error: unknown, settings: Pick<Settings, "PGHOST" | "PGPORT">): Error {
  const action = `Cannot connect to PostgreSQL at ${settings.PGHOST}:${settings.PGPORT}`;
  const code = codeOf(error);
  const tls = tlsProblem(code, "PGSSLROOTCERT", "PGSSLCERT");
  if (tls !== undefined) return new PermanentError(`${action}: ${tls}`, { cause: error });
  const message = messageOf(error);
  // pg's own words for a server that answers a request for TLS with "N".
  if (message.includes("does not support SSL")) {
    return new PermanentError(
      `${action}: it does not offer TLS, and PGSSLMODE asks for it. Check the port, turn TLS on there, or choose another PGSSLMODE.`,
      { cause: error },
    );
  }
  if (classify(error) === "permanent") return new PermanentError(explain(action, error), { cause: error });
  const hint = message.includes("timeout") ? NETWORK["ETIMEDOUT"] : NETWORK[code ?? ""];
  return new TransientError(explain(action, error) + (hint ? ` ${hint}` : ""), retryClass(error), {
    cause: error,
  });
}
