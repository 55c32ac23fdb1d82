/**
 * Converts a JSON Schema to zod.
 *
 * Not `z.fromJSONSchema()`: it has integers up to 2^53 only, and ignores some keywords without a type and all unknown formats.
 *
 * @module
 */
import { z } from "zod";
import { Decimal } from "../../types/decimal.ts";
import { type Mistakes, pointerTo } from "../mistakes.ts";
import { arrayOf, isObject, type Json, type JsonObject, memberOf, objectOf } from "../parse_json.ts";
import { convertString } from "./formats.ts";
import { withContains, withGuards, withUniqueItems } from "./guards.ts";
import { countOf, type JsonType, typeOfValue, typesOf } from "./keywords.ts";
import { convertNumber } from "./numbers.ts";
import { resolve } from "./references.ts";

/** How the columns use the value at a place of the record. */
export interface Use {
  /** Declared type of the column that stores the value, if it is not json or jsonb: its numbers are exact. */
  readonly columnType?: string;
  /** A json or jsonb column stores the value: unknown members are kept. */
  readonly keepsMembers: boolean;
  /** Uses of members, by name or index. */
  readonly members: ReadonlyMap<string, Use>;
}

const UNUSED: Use = { keepsMembers: false, members: new Map() };

/** Converts a schema without mistakes, as `checkSchema()` finds them. */
export class Converter {
  /** Converted references of values that no column uses a part of. `undefined`: in work, the reference is recursive. */
  readonly #references = new Map<string, z.ZodType | undefined>();

  constructor(readonly root: Json, readonly mistakes: Mistakes) {}

  convert(schema: Json, use: Use, at = "/schema"): z.ZodType {
    if (!isObject(schema)) return schema === false ? z.never() : z.unknown();
    const type = this.#convertKeywords(schema, use, at);
    const texts = ["title", "description"].flatMap((name) => {
      const text = memberOf(schema, name);
      return typeof text === "string" ? [[name, text] as const] : [];
    });
    // For the dashboard, without effect on validation. meta() copies the schema, which several references may share.
    return texts.length > 0 ? type.meta(Object.fromEntries(texts)) : type;
  }

  #convertKeywords(schema: JsonObject, use: Use, at: string): z.ZodType {
    const reference = memberOf(schema, "$ref") as string | undefined;
    if (reference !== undefined) return this.#convertReference(reference, use);
    const parts: z.ZodType[] = [];
    const types = typesOf(schema);
    const values = Object.hasOwn(schema, "const")
      ? [schema["const"]!]
      : memberOf(schema, "enum") as Json[] | undefined;
    if (values) parts.push(convertValues(values, types, use));
    // The values are of the types: checkSchema().
    else if (types) parts.push(union(types.map((type) => this.#convertType(schema, type, use, at))));
    for (const name of ["anyOf", "oneOf"]) {
      const schemas = arrayOf(schema, name);
      if (schemas.length === 0) continue;
      const options = schemas.map((each, i) => this.convert(each, use, pointerTo(pointerTo(at, name), i)));
      parts.push(name === "anyOf" || options.length === 1 ? union(options) : z.xor(options));
    }
    const all = arrayOf(schema, "allOf");
    parts.push(...all.map((each, i) => this.convert(each, use, pointerTo(pointerTo(at, "allOf"), i))));
    return parts.length === 0 ? z.unknown() : parts.reduce((left, right) => z.intersection(left, right));
  }

  #convertReference(reference: string, use: Use): z.ZodType {
    const at = `/schema${reference.slice(1)}`;
    const schema = resolve(this.root, reference) ?? true;
    if (use.members.size > 0) return this.convert(schema, use, at);
    const key = `${reference} ${use.columnType} ${use.keepsMembers}`;
    if (!this.#references.has(key)) {
      this.#references.set(key, undefined);
      this.#references.set(key, this.convert(schema, use, at));
    }
    return this.#references.get(key) ?? z.lazy(() => this.#references.get(key)!);
  }

  #convertType(schema: JsonObject, type: JsonType, use: Use, at: string): z.ZodType {
    switch (type) {
      case "string":
        return convertString(schema, use.columnType);
      case "integer":
      case "number":
        return convertNumber(schema, type, use.columnType !== undefined);
      case "boolean":
        return z.boolean();
      case "null":
        return z.null();
      case "array":
        return this.#convertArray(schema, use, at);
      case "object":
        return this.#convertObject(schema, use, at);
    }
  }

  #convertArray(schema: JsonObject, use: Use, at: string): z.ZodType {
    const prefix = arrayOf(schema, "prefixItems");
    const items = memberOf(schema, "items") ?? true;
    const [min = 0, max = Infinity] = [countOf(schema, "minItems"), countOf(schema, "maxItems")];
    const useOf = (index: number) => merge(use, [use.members.get(`${index}`)]);
    const positional = prefix.map((each, i) => {
      const item = this.convert(each, useOf(i), pointerTo(pointerTo(at, "prefixItems"), i));
      if (i >= min) return item.optional();
      // zod's open tuple inserts undefined for a missing item.
      return item.safeParse(undefined).success
        ? item.refine((value) => value !== undefined, "is missing")
        : item;
    });
    const others = [...use.members].filter(([index]) => Number(index) >= prefix.length).map(([, each]) =>
      each
    );
    const rest = items === false
      ? undefined
      : this.convert(items, merge(use, others), pointerTo(at, "items"));
    let result: z.ZodType;
    if (prefix.length === 0) {
      result = z.array(rest ?? z.never());
    } else {
      const tuple = z.tuple(positional as [z.ZodType, ...z.ZodType[]]);
      result = rest ? tuple.rest(rest) : tuple;
    }
    // A tuple has its required items.
    if (min > 0 && (prefix.length === 0 || min > prefix.length)) {
      result = result.check(z.minLength(min) as never);
    }
    if (max < prefix.length || (rest && max < Infinity)) result = result.check(z.maxLength(max) as never);
    if (memberOf(schema, "uniqueItems") === true) result = withUniqueItems(result);
    const contains = memberOf(schema, "contains");
    if (contains === undefined) return result;
    const item = this.convert(contains, merge(use, []), pointerTo(at, "contains"));
    return withContains(
      result,
      item,
      countOf(schema, "minContains") ?? 1,
      countOf(schema, "maxContains") ?? Infinity,
    );
  }

  #convertObject(schema: JsonObject, use: Use, at: string): z.ZodType {
    const properties = objectOf(schema, "properties");
    const required = new Set(arrayOf(schema, "required") as string[]);
    const inherited: Use = { ...UNUSED, keepsMembers: use.keepsMembers };
    const useOf = (name: string) => merge(inherited, [use.members.get(name)]);
    const shape: Record<string, z.ZodType> = {};
    for (const name of new Set([...Object.keys(properties), ...required])) {
      const place = pointerTo(pointerTo(at, "properties"), name);
      const member = this.convert(memberOf(properties, name) ?? true, useOf(name), place);
      shape[name] = this.#withDefault(
        member,
        memberOf(properties, name),
        useOf(name),
        required.has(name),
        place,
      );
    }
    const patterns = Object.entries(objectOf(schema, "patternProperties"));
    const additional = memberOf(schema, "additionalProperties") ?? true;
    const others = [...use.members].filter(([name]) => !Object.hasOwn(shape, name)).map(([, each]) => each);
    const rest = this.convert(additional, merge(inherited, others), pointerTo(at, "additionalProperties"));
    const [min, max] = [countOf(schema, "minProperties"), countOf(schema, "maxProperties")];
    const names = memberOf(schema, "propertyNames");
    if (patterns.length > 0 || names !== undefined || min !== undefined || max !== undefined) {
      return withGuards(z.looseObject(shape), {
        ...min === undefined ? {} : { min },
        ...max === undefined ? {} : { max },
        ...names === undefined ? {} : { names: this.convert(names, UNUSED, pointerTo(at, "propertyNames")) },
        patterns: patterns.map(([pattern, each]) =>
          [
            new RegExp(pattern, "u"),
            this.convert(each, inherited, pointerTo(pointerTo(at, "patternProperties"), pattern)),
          ] as const
        ),
        declared: new Set(Object.keys(properties)),
        others: rest,
      });
    }
    if (additional === false) return z.strictObject(shape);
    if (additional !== true) return z.object(shape).catchall(rest);
    return use.keepsMembers ? z.looseObject(shape) : z.object(shape);
  }

  #withDefault(
    member: z.ZodType,
    schema: Json | undefined,
    use: Use,
    isRequired: boolean,
    at: string,
  ): z.ZodType {
    const value = isObject(schema) ? memberOf(schema, "default") : undefined;
    if (value === undefined) return isRequired ? member : member.optional();
    if (isRequired) {
      this.mistakes.add(
        pointerTo(at, "default"),
        "a required member does not need a default",
        "Remove one of both.",
      );
      return member;
    }
    if (use.keepsMembers) {
      const cause = "a json or jsonb column stores this part of the record as it is, without defaults";
      this.mistakes.add(pointerTo(at, "default"), cause, "Remove the default.");
      return member.optional();
    }
    const inputs = use.columnType === undefined
      ? [inputOf(value, Number)]
      : [inputOf(value, exactInteger), inputOf(value, (text) => new Decimal(text))];
    const results = inputs.map((input) => member.safeParse(input));
    const valid = results.find(({ success }) => success);
    if (valid) return member.default(valid.data);
    const { message } = results[0]!.error!.issues[0]!;
    this.mistakes.add(pointerTo(at, "default"), `the default is invalid: ${message}`, "Correct it.");
    return member;
  }
}

/** The schema of `enum` and `const`. */
function convertValues(
  values: readonly Json[],
  types: readonly JsonType[] | undefined,
  { columnType }: Use,
): z.ZodType {
  const texts = values.filter((value) => typeof value === "string");
  const numbers = values.filter((value) => value instanceof Decimal);
  const parts: z.ZodType[] = [];
  if (texts.length > 0) parts.push(z.enum(texts as [string, ...string[]]));
  if (values.includes(true) && values.includes(false)) parts.push(z.boolean());
  else if (values.some((value) => typeof value === "boolean")) parts.push(z.literal(values.includes(true)));
  const isInteger = !types?.includes("number") &&
    numbers.every((number) => typeOfValue(number) === "integer");
  for (const number of numbers) {
    const limits = { minimum: number, maximum: number };
    parts.push(convertNumber(limits, isInteger ? "integer" : "number", columnType !== undefined));
  }
  if (values.includes(null)) parts.push(z.null());
  return union(parts);
}

const exactInteger = (text: string) => /^-?\d+$/.test(text) ? BigInt(text) : new Decimal(text);

/** A value of the file as a record with it reaches the schema. @param toNumber converts a number outside objects */
function inputOf(value: Json, toNumber: (text: string) => unknown): unknown {
  if (value instanceof Decimal) return toNumber(value.text);
  if (Array.isArray(value)) return value.map((each) => inputOf(each, toNumber));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inputOf(each, Number)]));
}

/** A union without unnecessary levels; null as `nullable()`, which the codec reads faster. */
function union(options: readonly z.ZodType[]): z.ZodType {
  const others = options.filter((option) => !(option instanceof z.ZodNull));
  if (others.length === 0) return options[0]!;
  const result = others.length === 1 ? others[0]! : z.union(others as [z.ZodType, z.ZodType]);
  return others.length < options.length ? result.nullable() : result;
}

/** The use of a member: that of the columns below, and what it inherits. */
function merge(inherited: Use, uses: readonly (Use | undefined)[]): Use {
  const members = new Map<string, Use>();
  let { columnType, keepsMembers } = inherited;
  for (const use of uses) {
    if (!use) continue;
    columnType ??= use.columnType;
    keepsMembers ||= use.keepsMembers;
    for (const [name, each] of use.members) members.set(name, merge(UNUSED, [members.get(name), each]));
  }
  return { ...columnType === undefined ? {} : { columnType }, keepsMembers, members };
}
