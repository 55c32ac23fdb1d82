/**
 * Descriptions of PostgreSQL's types, from their SQL names or from the catalog.
 *
 * @module
 */

/** Supported types by the names that `format_type()` prints, with the OIDs of `pg_type.dat`. */
export const TYPE_OIDS = {
  smallint: 21,
  integer: 23,
  bigint: 20,
  real: 700,
  "double precision": 701,
  numeric: 1700,
  boolean: 16,
  text: 25,
  "character varying": 1043,
  character: 1042,
  uuid: 2950,
  date: 1082,
  "timestamp without time zone": 1114,
  "timestamp with time zone": 1184,
  json: 114,
  jsonb: 3802,
  bytea: 17,
} as const;

/** A type without the array's brackets. */
export type ScalarKind = keyof typeof TYPE_OIDS | "enum";

/** A type of a column. */
export interface TypeDescriptor {
  readonly kind: ScalarKind | "array";
  /** As `format_type()` prints it: `bigint`, `numeric(12,2)`, `text[]`, `sales.currency`. */
  readonly sql: string;
  /** 0 for an enum type that is not read from the catalog. */
  readonly oid: number;
  /** Numbers in parentheses: precision and scale of `numeric`, characters, digits of seconds. Empty: no limit. */
  readonly modifiers: readonly number[];
  /** Labels of an enum type. */
  readonly labels?: readonly string[];
  /** Element type of an array. */
  readonly element?: TypeDescriptor;
}

/** Other spellings of type names in SQL. */
const ALIASES: Readonly<Record<string, keyof typeof TYPE_OIDS>> = {
  int2: "smallint",
  int: "integer",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float: "double precision",
  float8: "double precision",
  decimal: "numeric",
  dec: "numeric",
  bool: "boolean",
  varchar: "character varying",
  char: "character",
  bpchar: "character",
  timestamp: "timestamp without time zone",
  timestamptz: "timestamp with time zone",
};

/** Types that allow modifiers, and how many. */
const MODIFIERS_MAX: Partial<Record<ScalarKind, number>> = {
  numeric: 2,
  "character varying": 1,
  character: 1,
  "timestamp without time zone": 1,
  "timestamp with time zone": 1,
};

/** `name(modifiers) rest []`; the name may be quoted and qualified. */
const TYPE =
  /^((?:"(?:[^"]|"")+"|[^"()[\].]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[^"()[\].]+))?)(?:\(([^)]*)\))?([^()[\]]*)((?:\[\d*\]\s*)*)$/;

/** Inserts the modifiers as `format_type()` does: `timestamp(3) without time zone`. */
function typeSql(kind: keyof typeof TYPE_OIDS, modifiers: readonly number[]): string {
  if (modifiers.length === 0) return kind;
  const [, first, rest] = /^(timestamp|.*)( with(?:out)? time zone)?$/.exec(kind)!;
  const isTimestamp = kind.startsWith("timestamp");
  return isTimestamp
    ? `timestamp(${modifiers.join(",")})${kind.slice("timestamp".length)}`
    : `${first}(${modifiers.join(",")})${rest ?? ""}`;
}

/** Folds the unquoted parts of a name to lower case and removes spaces around the dot. */
const normalizedName = (name: string): string =>
  name.replaceAll(/"(?:[^"]|"")+"|[^"]+/g, (part) => part.startsWith('"') ? part : part.toLowerCase())
    .replaceAll(/\s*\.\s*/g, ".").trim();

function parseModifiers(kind: keyof typeof TYPE_OIDS, text: string | undefined): number[] | undefined {
  if (text === undefined) return kind === "character" ? [1] : [];
  const modifiers = text.split(",").map((part) => part.trim());
  if (modifiers.length > (MODIFIERS_MAX[kind] ?? 0) || modifiers.some((part) => !/^-?\d+$/.test(part))) {
    return undefined;
  }
  const numbers = modifiers.map(Number);
  return kind === "numeric" && numbers.length === 1 ? [...numbers, 0] : numbers;
}

/**
 * Parses a type name as in `CREATE TABLE`. A name that is no built-in type is taken as the name of an enum type without labels.
 *
 * @returns `undefined` if the text is no type name, or its modifiers are invalid
 */
export function parseType(sql: string): TypeDescriptor | undefined {
  const match = TYPE.exec(sql.trim());
  if (!match) return undefined;
  const [, first, modifierText, rest, brackets] = match;
  const name = normalizedName(`${first!.trim()} ${rest!.trim()}`).replaceAll(/(?<!["])\s+/g, " ");
  const unqualified = name.replace(/^pg_catalog\./, "");
  const kind = Object.hasOwn(TYPE_OIDS, unqualified)
    ? unqualified as keyof typeof TYPE_OIDS
    : Object.hasOwn(ALIASES, unqualified)
    ? ALIASES[unqualified]!
    : undefined;
  let scalar: TypeDescriptor;
  if (kind) {
    const modifiers = unqualified === "bpchar" && modifierText === undefined
      ? []
      : parseModifiers(kind, modifierText);
    if (!modifiers) return undefined;
    scalar = { kind, sql: typeSql(kind, modifiers), oid: TYPE_OIDS[kind], modifiers };
  } else {
    if (modifierText !== undefined || rest!.trim() !== "") return undefined;
    scalar = { kind: "enum", sql: name, oid: 0, modifiers: [] };
  }
  return brackets === "" ? scalar : arrayOf(scalar);
}

/** The array type of an element type. */
export const arrayOf = (element: TypeDescriptor): TypeDescriptor => ({
  kind: "array",
  sql: `${element.sql}[]`,
  oid: 0,
  modifiers: [],
  element,
});
