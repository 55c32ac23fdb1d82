/**
 * What the values of a member have in common, over many records.
 *
 * @module
 */
import { isObject, type Json } from "../shared/stream_files/parse_json.ts";
import { createColumnType } from "../shared/types/create_column_type.ts";
import { Decimal } from "../shared/types/decimal.ts";
import { RowBuffer } from "../shared/types/row_buffer.ts";
import { parseType } from "../shared/types/type_descriptor.ts";
import { type EpochUnit, UNITS_PER_SECOND } from "../shared/stream.ts";

/** A JSON Schema and the column that stores the values. */
export interface Inferred {
  readonly schema: { readonly [keyword: string]: unknown };
  readonly type: string;
  readonly epoch?: EpochUnit;
  /** What is unclear, in words that follow the member's name and a colon. */
  readonly conflicts: readonly string[];
}

type Kind = "string" | "number" | "boolean" | "array" | "object";

/** Column types of texts, the most specific first, with the format of the schema. */
const TEXT_TYPES = [
  { type: "uuid", format: "uuid" },
  { type: "date", format: "date" },
  { type: "timestamptz", format: "date-time" },
  { type: "timestamp", format: undefined },
  { type: "text", format: undefined },
] as const;

const writers = new Map(
  [...TEXT_TYPES.map(({ type }) => type), "bigint", "double precision", "numeric"]
    .map((type) => [type as string, createColumnType(parseType(type)!)]),
);
const row = new RowBuffer();

/** Whether a column of a type stores the value. */
function stores(type: string, value: Json): boolean {
  row.length = 0;
  return writers.get(type)!.write(value, row) === undefined;
}

/** Numbers of more digits after the point are taken as measurements; others are exact, such as amounts. */
const EXACT_FRACTION_DIGITS_MAX = 4;

/** Seconds of the years 2001 to 2100. */
const EPOCH_SECONDS = [1e9, 4.1e9] as const;
const UNITS = Object.entries(UNITS_PER_SECOND) as [EpochUnit, number][];

/** Collects the values of one member. */
export class MemberValues {
  /** Records that have the member. */
  count = 0;
  #nulls = 0;
  readonly #kinds = new Map<Kind, number>();
  /** Number of texts that each type stores. */
  readonly #texts = new Map<string, number>();
  #isInteger = true;
  #isBigint = true;
  #isDouble = true;
  #isRoundTrip = true;
  #fractionDigits = 0;
  #min = Infinity;
  #max = -Infinity;
  #items: MemberValues | undefined;

  constructor(private readonly name: string) {}

  add(value: Json): void {
    this.count++;
    if (value === null) this.#nulls++;
    else if (value instanceof Decimal) this.#addNumber(value);
    else if (typeof value === "string") this.#addText(value);
    else if (typeof value === "boolean") this.#countKind("boolean");
    else if (isObject(value)) this.#countKind("object");
    else {
      this.#countKind("array");
      this.#items ??= new MemberValues(this.name);
      for (const item of value) this.#items.add(item);
    }
  }

  #countKind(kind: Kind): void {
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
  }

  #addText(text: string): void {
    this.#countKind("string");
    for (const { type } of TEXT_TYPES) {
      if (stores(type, text)) this.#texts.set(type, (this.#texts.get(type) ?? 0) + 1);
    }
  }

  #addNumber(value: Decimal): void {
    this.#countKind("number");
    const { text } = value, double = Number(text);
    // As JSON Schema: 1.0 is an integer. The texts of integers with a fraction or an exponent are rare: numbers.
    this.#isInteger &&= /^-?\d+$/.test(text);
    this.#isBigint &&= stores("bigint", value);
    this.#isDouble &&= stores("double precision", value);
    this.#isRoundTrip &&= String(double) === text || double === 0 || /[eE.]/.test(text) && text.length <= 16;
    this.#fractionDigits = Math.max(
      this.#fractionDigits,
      /[eE]/.test(text) ? Infinity : text.split(".")[1]?.length ?? 0,
    );
    this.#min = Math.min(this.#min, double);
    this.#max = Math.max(this.#max, double);
  }

  infer(): Inferred {
    const [[kind, count] = [undefined, 0], ...others] = [...this.#kinds].sort((a, b) => b[1] - a[1]);
    if (kind === undefined) {
      return {
        schema: { description: "only null was seen" },
        type: "jsonb",
        conflicts: this.count > 0 ? ["only null was seen; stored as jsonb"] : [],
      };
    }
    if (others.length > 0) {
      const seen = [[kind, count] as const, ...others].map(([each, n]) => `${each} in ${n} records`).join(
        ", ",
      );
      return {
        schema: { type: this.#withNull([kind, ...others.map(([each]) => each)]) },
        type: "jsonb",
        conflicts: [`${seen}; stored as jsonb`],
      };
    }
    const inferred = this.#inferKind(kind, count);
    return {
      ...inferred,
      schema: { ...inferred.schema, type: this.#withNull([inferred.schema["type"] as string]) },
    };
  }

  #withNull(types: readonly string[]): string | readonly string[] {
    const all = this.#nulls > 0 ? [...types, "null"] : types;
    return all.length === 1 ? all[0]! : all;
  }

  #inferKind(kind: Kind, count: number): Inferred {
    switch (kind) {
      case "boolean":
        return { schema: { type: "boolean" }, type: "boolean", conflicts: [] };
      case "object":
        return { schema: { type: "object" }, type: "jsonb", conflicts: [] };
      case "string":
        return this.#inferText(count);
      case "number":
        return this.#inferNumber();
      case "array":
        return this.#inferArray();
    }
  }

  #inferText(count: number): Inferred {
    const found = TEXT_TYPES.find(({ type }) => this.#texts.get(type) === count);
    if (!found) {
      return {
        schema: { type: "string" },
        type: "text",
        conflicts: ["some texts have characters that PostgreSQL cannot store; their records are rejected"],
      };
    }
    const { type, format } = found;
    const conflicts = TEXT_TYPES.slice(0, -1).filter((each) =>
      type === "text" && (this.#texts.get(each.type) ?? 0) * 2 > count
    )
      .map((each) =>
        `${this.#texts.get(each.type)} of ${count} texts are of the type ${each.type}; stored as text`
      );
    if (type === "timestamp") {
      conflicts.push('no offsets from UTC; write timestamptz with a "timeZone" if it is known');
    }
    return { schema: { type: "string", ...format && { format } }, type, conflicts: conflicts.slice(0, 1) };
  }

  #inferNumber(): Inferred {
    const epoch = /time|date|(_a|A)t$|^ts$/i.test(this.name)
      ? UNITS.find(([, factor]) =>
        this.#min >= EPOCH_SECONDS[0] * factor && this.#max <= EPOCH_SECONDS[1] * factor
      )?.[0]
      : undefined;
    const schema = { type: this.#isInteger ? "integer" : "number" };
    if (epoch !== undefined) {
      return {
        schema,
        type: "timestamptz",
        epoch,
        conflicts: [`taken as a time in ${epoch}; remove "epoch" and "type" if not`],
      };
    }
    if (this.#isInteger) return { schema, type: this.#isBigint ? "bigint" : "numeric", conflicts: [] };
    const isExact = !this.#isRoundTrip || !this.#isDouble ||
      this.#fractionDigits <= EXACT_FRACTION_DIGITS_MAX;
    return { schema, type: isExact ? "numeric" : "double precision", conflicts: [] };
  }

  #inferArray(): Inferred {
    const items = this.#items!.infer();
    const isScalar = items.type !== "jsonb" && !items.type.endsWith("[]") && items.epoch === undefined;
    const schema = this.#items!.count === 0 ? {} : { items: items.schema };
    return isScalar
      ? { schema: { type: "array", ...schema }, type: `${items.type}[]`, conflicts: items.conflicts }
      : { schema: { type: "array", ...schema }, type: "jsonb", conflicts: [] };
  }
}
