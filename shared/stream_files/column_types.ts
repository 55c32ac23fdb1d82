/**
 * Mistakes in the type of a column.
 *
 * @module
 */
import { suggestion } from "../settings/suggestion.ts";
import { TYPE_OIDS, type TypeDescriptor } from "../types/type_descriptor.ts";

const KNOWN_TYPES = [...Object.keys(TYPE_OIDS), "timestamptz", "timestamp", "varchar"];

/** Names of types of JSON Schema and of other databases, and the type to write. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  citext: "text",
  clob: "text",
  number: "numeric or double precision",
  double: "double precision",
  serial: "integer",
  bigserial: "bigint",
  smallserial: "smallint",
  money: "numeric",
  datetime: "timestamptz",
  time: "text",
  interval: "text",
  inet: "text",
  object: "jsonb",
  map: "jsonb",
  hstore: "jsonb",
  array: "the type of the elements with brackets, such as text[]",
  binary: "bytea",
  blob: "bytea",
  enum: "the name of the type; its labels are the enum of the schema",
};

/** The remedy of a type that is not supported, or of an enum type without labels. */
export function unknownTypeRemedy(type: string): string {
  const name = type.replace(/[([].*$/s, "").trim().toLowerCase();
  if (Object.hasOwn(OTHER_NAMES, name)) return `Write ${OTHER_NAMES[name]}.`;
  return suggestion(name, KNOWN_TYPES) ||
    `Write one of ${
      Object.keys(TYPE_OIDS).join(", ")
    }; or list the labels of an enum type as "enum" in the schema.`;
}

/** @see https://www.postgresql.org/docs/current/datatype-numeric.html */
const PRECISION_MAX = 1_000;
/** @see https://www.postgresql.org/docs/current/datatype-character.html */
const LENGTH_MAX = 10_485_760;
const SECOND_DIGITS_MAX = 6;

/** Why PostgreSQL does not allow the numbers in parentheses. */
export function modifierProblem({ kind, modifiers, element }: TypeDescriptor): string | undefined {
  if (element) return modifierProblem(element);
  const [first, second] = modifiers;
  if (first === undefined) return undefined;
  const isWithin = (value: number, min: number, max: number) => value >= min && value <= max;
  if (kind === "numeric") {
    if (!isWithin(first, 1, PRECISION_MAX)) return `the precision is not from 1 to ${PRECISION_MAX}`;
    return isWithin(second ?? 0, -PRECISION_MAX, PRECISION_MAX)
      ? undefined
      : `the scale is not from -${PRECISION_MAX} to ${PRECISION_MAX}`;
  }
  if (kind === "character" || kind === "character varying") {
    return isWithin(first, 1, LENGTH_MAX) ? undefined : `the length is not from 1 to ${LENGTH_MAX}`;
  }
  return isWithin(first, 0, SECOND_DIGITS_MAX)
    ? undefined
    : `the number of digits of seconds is not from 0 to ${SECOND_DIGITS_MAX}`;
}
