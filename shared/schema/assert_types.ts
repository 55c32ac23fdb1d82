/**
 * Checks in a transaction that the columns of a table still have the types for which its rows were encoded.
 *
 * @module
 */
import pg from "pg";
import type { Stream } from "../stream.ts";

/** Beginning of the name of a type that does not exist. */
const CHANGED = "columns_changed_";

/**
 * A statement that fails with SQLSTATE 42704 if a column has another type, and returns no row otherwise. To be run after the COPY, which
 * locks the table until the end of the transaction. COPY itself does not notice a change between types of the same size, such as
 * `bigint` and `double precision`, or between two enum types.
 *
 * @param typeOids OIDs of the types of the stream's columns
 */
export function assertTypesSql({ table, columns }: Stream, typeOids: readonly number[]): string {
  const expected = columns.map(({ name }, c) => `(${pg.escapeLiteral(name)}, ${typeOids[c]})`).join(", ");
  return `SELECT ('${CHANGED}' || c.n)::regtype FROM (
    SELECT count(*) AS n FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass(${pg.escapeLiteral(table)}) AND (attname, atttypid) IN (${expected})
  ) AS c WHERE c.n <> ${columns.length}`;
}
