/**
 * The class of every SQLSTATE of PostgreSQL, which decides how a service reacts to an error.
 *
 * @see https://www.postgresql.org/docs/18/errcodes-appendix.html
 * @module
 */

/**
 * - `transient`: retry with backoff.
 * - `environment`: the server, the account, the table or one of its triggers must be corrected; stop with the remedy.
 * - `internal`: a bug of the services.
 * - `record`: the values of one record; reject the record and store the others.
 */
export type ErrorClass = "transient" | "environment" | "internal" | "record";

/** The codes of PostgreSQL 18's appendix A by class, with one line per SQLSTATE class. */
const CODES: Readonly<Record<ErrorClass, string>> = {
  // 08P01: a pooler lost its server connection. 25P02: a pooler assigned a connection with a failed transaction.
  // 55000: a database that does not accept connections. XX000: "tuple concurrently updated", "cache lookup failed" next to DDL.
  transient: `
    08000 08001 08003 08004 08006 08007 08P01
    25006 25P02 25P03 25P04
    40000 40001 40002 40003 40P01
    53000 53100 53200 53300 53400
    55000 55006 55P03 55P04
    57000 57014 57P01 57P02 57P03 57P04 57P05
    58000 58030
    HV001 HV00N
    XX000`,

  // Of class 22: an exhausted sequence, a binary format that does not fit the columns, and errors of a trigger's statements that no
  // value of a row causes (LIMIT, window frames, TABLESAMPLE, escape characters, regular expressions).
  // Class 23 without a constraint, and a missing partition, are found in the catalog: consumer/store/violation.ts.
  environment: `
    09000 0A000 0L000 0LP01 0P000 0Z000 0Z002 10608 20000 21000
    22013 22014 22016 22019 2200B 2200C 2200G 2200H 2201B 2201W 2201X 2202G 2202H 22P03 22P04 22P06
    23000 23001
    27000 28000 28P01 2B000 2BP01 2D000
    2F000 2F002 2F003 2F004 2F005
    38000 38001 38002 38003 38004
    39000 39001 39004 39P01 39P02 39P03
    3D000 3F000
    42000 42501 42703 42704 42725 42804 42809 42830 42846 42883 428C9 42P01 42P10 42P17 42P21 42P22
    54000 54001 54011 54023
    55P02
    58P01 58P02 58P03
    F0000 F0001
    HV000 HV002 HV004 HV005 HV006 HV007 HV008 HV009 HV00A HV00B HV00C HV00D HV00J HV00K HV00L HV00M HV00P HV00Q HV00R
    HV010 HV014 HV021 HV024 HV090 HV091
    P0000 P0004
    XX001 XX002`,

  internal: `
    00000
    01000 01003 01004 01006 01007 01008 0100C 01P01
    02000 02001
    03000 0B000 0F000 0F001
    22002 22010 22022 22024
    24000
    25000 25001 25002 25003 25004 25005 25007 25008 25P01
    26000 34000
    3B000 3B001
    42601 42602 42611 42622 42701 42702 42710 42712 42723 42803 42939
    42P02 42P03 42P04 42P05 42P06 42P07 42P08 42P09 42P11 42P12 42P13 42P14 42P15 42P16 42P18 42P19 42P20`,

  // P0002 and P0003: a trigger's SELECT INTO STRICT that looks a value up.
  record: `
    22000 22001 22003 22004 22005 22007 22008 22009 2200D 2200F 2200L 2200M 2200N 2200S 2200T
    22011 22012 22015 22018 2201E 2201F 2201G
    22021 22023 22025 22026 22027 2202E
    22030 22031 22032 22033 22034 22035 22036 22037 22038 22039
    2203A 2203B 2203C 2203D 2203E 2203F 2203G
    22P01 22P02 22P05
    23502 23503 23505 23514 23P01
    44000
    P0001 P0002 P0003`,
};

/** The class of codes that are not in the appendix (later versions, extensions, functions), by their first two characters. */
const PREFIXES: Readonly<Record<ErrorClass, string>> = {
  transient: "08 40 53 55 57 58 72 XX",
  environment: "09 0A 0L 0P 0Z 10 20 21 23 27 28 2B 2D 2F 38 39 3D 3F 42 54 F0 HV",
  internal: "00 01 02 03 0B 0F 24 25 26 34 3B",
  record: "22 44 P0",
};

/** Each code or prefix of a table with its class. */
const entries = (table: Readonly<Record<ErrorClass, string>>): [code: string, errorClass: ErrorClass][] =>
  Object.entries(table).flatMap(([errorClass, codes]) =>
    codes.trim().split(/\s+/).map((code): [string, ErrorClass] => [code, errorClass as ErrorClass])
  );

/** The codes of the appendix with their classes. */
export const SQLSTATES: readonly (readonly [code: string, errorClass: ErrorClass])[] = entries(CODES);
const BY_CODE = new Map(SQLSTATES);
const BY_PREFIX = new Map(entries(PREFIXES));

/** Node's codes such as EPIPE may have five characters, too, but no digit. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/** Whether a code is an SQLSTATE, not one of Node's. */
export const isSqlState = (code: string | undefined): code is string =>
  code !== undefined && SQLSTATE.test(code);

/** The class of an SQLSTATE; unknown codes, of functions and extensions, are `environment`. */
export const classOfSqlState = (code: string): ErrorClass =>
  BY_CODE.get(code) ?? BY_PREFIX.get(code.slice(0, 2)) ?? "environment";

/**
 * The class of an SQLSTATE that a function raised with PL/pgSQL's RAISE: `record` also for unknown codes and constraint violations.
 */
export function classOfRaisedSqlState(code: string): ErrorClass {
  const prefix = code.slice(0, 2);
  return ["22", "23", "44", "P0"].includes(prefix) || !BY_PREFIX.has(prefix)
    ? "record"
    : classOfSqlState(code);
}
