/**
 * Checks that a JSON Schema has supported keywords only, in the correct form and where they have an effect: no keyword is ignored.
 *
 * @module
 */
import { suggestion } from "../../settings/suggestion.ts";
import { compareDecimals, Decimal } from "../../types/decimal.ts";
import { type Mistakes, pointerTo } from "../mistakes.ts";
import { isObject, type Json, type JsonObject, memberOf } from "../parse_json.ts";
import { FORMATS } from "./formats.ts";
import {
  forEachSubschema,
  INHERITED_NAMES,
  type JsonType,
  type Keyword,
  KEYWORDS,
  typeOfValue,
  TYPES,
  TYPESCRIPT,
  typesOf,
  UNSUPPORTED,
} from "./keywords.ts";
import { isWhole } from "./numbers.ts";
import { isEndless, resolve } from "./references.ts";

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** Adds the mistakes of a schema and its subschemas. Does not look into `default`, `enum` and other values. */
export function checkSchema(root: Json, mistakes: Mistakes, pointer = "/schema"): void {
  const visit = (schema: Json, at: string): void => {
    if (typeof schema === "boolean") return;
    if (!isObject(schema)) {
      mistakes.add(at, "not a schema", "Write an object with keywords of JSON Schema, or true or false.");
      return;
    }
    for (const [name, value] of Object.entries(schema)) {
      checkKeyword(name, value, schema, pointerTo(at, name), { mistakes, isRoot: at === pointer, root });
    }
    checkOrder(schema, at, mistakes);
    forEachSubschema(schema, (subschema, steps) => visit(subschema, steps.reduce(pointerTo, at)));
  };
  visit(root, pointer);
}

interface Place {
  readonly mistakes: Mistakes;
  readonly isRoot: boolean;
  readonly root: Json;
}

function checkKeyword(name: string, value: Json, schema: JsonObject, at: string, place: Place): void {
  const { mistakes } = place;
  if (Object.hasOwn(UNSUPPORTED, name)) {
    mistakes.add(at, `${name} is not supported`, UNSUPPORTED[name]!);
    return;
  }
  if (!Object.hasOwn(KEYWORDS, name)) {
    const nearest = suggestion(name, Object.keys(KEYWORDS));
    mistakes.add(at, "unknown keyword of JSON Schema", nearest || "Remove it, or move it into $comment.");
    return;
  }
  const { form, types } = KEYWORDS[name]!;
  const problem = formProblem(form, value);
  if (problem !== undefined) mistakes.add(at, ...problem);
  else if (name === "properties" || name === "required") {
    const names = Array.isArray(value) ? value : Object.keys(value as JsonObject);
    for (const each of names.filter((each) => INHERITED_NAMES.includes(each as string))) {
      mistakes.add(
        at,
        `a member cannot have the name ${each}`,
        "Remove it; a jsonb column can store the whole record.",
      );
    }
  } else if (form === "special" || form === "text") checkValue(name, value, schema, at, place);
  const isInReference = Object.hasOwn(schema, "$ref") && form !== "annotation" &&
    !["$ref", "$defs", "$schema", "$id"].includes(name);
  if (isInReference) {
    mistakes.add(at, `${name} beside $ref is not supported`, "Write both as schemas of allOf.");
  }
  const allowed = typesOf(schema);
  if (types && !isInReference && !types.some((type) => allowed?.includes(type))) {
    mistakes.add(
      at,
      `${name} has no effect without the type ${types.join(" or ")}`,
      `Add "type": "${types[0]}", or remove ${name}.`,
    );
  }
}

function formProblem(form: Keyword["form"], value: Json): [cause: string, remedy: string] | undefined {
  switch (form) {
    case "count":
      return value instanceof Decimal && /^\d{1,9}$/.test(value.text)
        ? undefined
        : ["not a count", "Write a whole number, 0 or more."];
    case "number":
      // A longer exponent is a mistake, and would make the arithmetic slow.
      return value instanceof Decimal && !/[eE][+-]?\d{4}/.test(value.text)
        ? undefined
        : ["not a number", "Write a number."];
    case "text":
      return typeof value === "string" ? undefined : ["not a text", "Write a text."];
    case "flag":
      return typeof value === "boolean" ? undefined : ["not a Boolean", "Write true or false."];
    case "names":
      return Array.isArray(value) && value.every((name) => typeof name === "string") &&
          new Set(value).size === value.length
        ? undefined
        : ["not an array of different names", "Write the names of properties."];
    case "schemas":
      return Array.isArray(value) && value.length > 0
        ? undefined
        : ["not an array of schemas", "Write at least one."];
    case "schema map":
      return isObject(value) ? undefined : ["not an object of schemas by name", "Write an object."];
    default:
      return undefined;
  }
}

function checkValue(name: string, value: Json, schema: JsonObject, at: string, place: Place): void {
  const { mistakes, isRoot, root } = place;
  const add = (cause: string, remedy: string) => mistakes.add(at, cause, remedy);
  if (name === "$schema" && (!isRoot || String(value).replace(/#$/, "") !== DRAFT)) {
    add("another version of JSON Schema", `Remove it; the schema is read as ${DRAFT}.`);
  } else if (name === "$id" && !isRoot) {
    add("$id in a subschema is not supported", "Remove it.");
  } else if (name === "$ref") {
    if (typeof value !== "string" || !value.startsWith("#")) {
      add(
        "only references within the file are supported",
        'Copy the schema into $defs and write "#/$defs/NAME".',
      );
    } else if (resolve(root, value) === undefined) {
      const known = Object.keys(isObject(root) && isObject(root["$defs"]) ? root["$defs"] : {});
      const nearest = suggestion(value.replace(/^.*\//, ""), known, (each) => `#/$defs/${each}`);
      add(`the schema has no ${value}`, nearest || "Add it to $defs at the top of the schema.");
    } else if (isEndless(root, schema)) {
      add("the reference leads back to itself", "Remove it.");
    }
  } else if (name === "type") checkType(value, add);
  else if (name === "enum" || name === "const") checkValues(name, value, schema, add);
  else if (name === "format" && !FORMATS.includes(value as string)) {
    add(
      `the format ${JSON.stringify(value)} is not supported`,
      suggestion(value as string, FORMATS) || TYPESCRIPT,
    );
  } else if (name === "contentEncoding" && value !== "base64") {
    add(`the encoding ${JSON.stringify(value)} is not supported`, "Write base64, or remove it.");
  } else if (name === "pattern") {
    try {
      new RegExp(value as string, "u");
    } catch (error) {
      add((error as Error).message, "Correct the regular expression (JavaScript with the flag u).");
    }
  }
}

type Add = (cause: string, remedy: string) => void;

function checkType(value: Json, add: Add): void {
  const types = Array.isArray(value) ? value : [value];
  const unknown = types.find((type) => !TYPES.includes(type as JsonType));
  if (unknown !== undefined) {
    const nearest = typeof unknown === "string" ? suggestion(unknown, TYPES) : "";
    add(`${JSON.stringify(unknown)} is not a type`, nearest || `Write one of ${TYPES.join(", ")}.`);
  } else if (types.length === 0 || new Set(types).size < types.length) {
    add("types are missing or occur twice", "Write each type once.");
  }
}

function checkValues(name: string, value: Json, schema: JsonObject, add: Add): void {
  const values = name === "const" ? [value] : value;
  if (!Array.isArray(values) || values.length === 0) {
    add("not an array of values", "Write at least one value.");
    return;
  }
  const types = typesOf(schema);
  for (const each of values) {
    const type = typeOfValue(each);
    if (type === "object" || type === "array") {
      add(`values of the type ${type} are not supported`, TYPESCRIPT);
    } else if (types && !types.includes(type) && !(type === "integer" && types.includes("number"))) {
      add(
        `${JSON.stringify(each)} is not of the type ${types.join(" or ")}`,
        "Remove it, or correct the type.",
      );
    }
  }
}

/** Pairs of keywords of which the second must not be less than the first. */
const PAIRS = [["minimum", "maximum"], ["minLength", "maxLength"], ["minItems", "maxItems"]]
  .concat([["minProperties", "maxProperties"], ["minContains", "maxContains"]]) as [string, string][];

function checkOrder(schema: JsonObject, at: string, mistakes: Mistakes): void {
  for (const [min, max] of PAIRS) {
    const [low, high] = [memberOf(schema, min), memberOf(schema, max)];
    if (low instanceof Decimal && high instanceof Decimal && compareDecimals(low.text, high.text) > 0) {
      mistakes.add(
        pointerTo(at, max),
        `${max} is less than ${min}: no value is valid`,
        "Correct one of them.",
      );
    }
  }
  const unit = memberOf(schema, "multipleOf");
  if (unit instanceof Decimal && compareDecimals(unit.text, "0") <= 0) {
    mistakes.add(pointerTo(at, "multipleOf"), "not above 0", "Write a positive number.");
  } else if (unit instanceof Decimal && typesOf(schema)?.includes("integer") && !isWhole(unit)) {
    mistakes.add(pointerTo(at, "multipleOf"), "not a whole number", 'Write one, or the type "number".');
  }
  for (const keyword of ["minContains", "maxContains"]) {
    if (Object.hasOwn(schema, keyword) && !Object.hasOwn(schema, "contains")) {
      mistakes.add(pointerTo(at, keyword), `${keyword} has no effect without contains`, "Remove it.");
    }
  }
}
