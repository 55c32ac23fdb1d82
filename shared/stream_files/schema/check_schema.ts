/**
 * Checks that a JSON Schema has supported keywords only, in the correct form and where they have an effect: no keyword is ignored.
 *
 * @module
 */
import { suggestion } from "../../settings/suggestion.ts";
import { Decimal } from "../../types/decimal.ts";
import { type Mistakes, pointerTo } from "../mistakes.ts";
import { isObject, type Json, type JsonObject } from "../parse_json.ts";
import { checkOrder, checkRequired } from "./contradictions.ts";
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
import { isEndless, resolve } from "./references.ts";

const NOT_A_SCHEMA = [
  "not a schema",
  "Write an object with keywords of JSON Schema, or true or false.",
] as [cause: string, remedy: string];

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** Adds the mistakes of a schema and its subschemas. Does not look into `default`, `enum` and other values. */
export function checkSchema(root: Json, mistakes: Mistakes, pointer = "/schema"): void {
  const visit = (schema: Json, at: string, isKeyword = false): void => {
    if (typeof schema === "boolean") return;
    if (!isObject(schema)) {
      // The value of a keyword is already reported with its remedy.
      if (!isKeyword) mistakes.add(at, ...NOT_A_SCHEMA);
      return;
    }
    for (const [name, value] of Object.entries(schema)) {
      checkKeyword(name, value, schema, pointerTo(at, name), { mistakes, isRoot: at === pointer, root });
    }
    checkOrder(schema, at, mistakes);
    checkRequired(schema, at, mistakes);
    forEachSubschema(
      schema,
      (subschema, steps) => visit(subschema, steps.reduce(pointerTo, at), steps.length === 1),
    );
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
  if (name === "default" && !/\/properties\/[^/]*\/default$/.test(at)) {
    mistakes.add(
      at,
      "default has an effect only in the schema of a property",
      "Move it there, or remove it.",
    );
    return;
  }
  const { form, types } = KEYWORDS[name]!;
  const problem = formProblem(name, form, value);
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
  } else if (name === "patternProperties") {
    for (const pattern of Object.keys(value as JsonObject)) {
      checkPattern(pattern, (cause, remedy) => mistakes.add(pointerTo(at, pattern), cause, remedy));
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
      allowed ? `Remove ${name}, or correct the type.` : `Add "type": "${types[0]}", or remove ${name}.`,
    );
  }
}

/** Forms of previous drafts, and the remedies. */
const PREVIOUS_FORMS: Readonly<Record<string, (value: Json) => string | undefined>> = {
  items: (value) => Array.isArray(value) ? "Write prefixItems, as in draft 2020-12." : undefined,
  required: (value) =>
    typeof value === "boolean"
      ? "List the names of required properties in the schema of the object."
      : undefined,
  ...Object.fromEntries(
    ["exclusiveMinimum", "exclusiveMaximum"].map((name) => [
      name,
      (value: Json) =>
        typeof value === "boolean" ? "Write the limit itself, as in draft 2020-12." : undefined,
    ]),
  ),
};

function formProblem(
  name: string,
  form: Keyword["form"],
  value: Json,
): [cause: string, remedy: string] | undefined {
  const problem = problemOfForm(form, value);
  const remedy = problem && Object.hasOwn(PREVIOUS_FORMS, name) ? PREVIOUS_FORMS[name]!(value) : undefined;
  return problem && [problem[0], remedy ?? problem[1]];
}

function problemOfForm(form: Keyword["form"], value: Json): [cause: string, remedy: string] | undefined {
  switch (form) {
    case "count":
      return value instanceof Decimal && /^\d{1,9}$/.test(value.text)
        ? undefined
        : ["not a count", "Write a whole number of at most nine digits, 0 or more."];
    case "number":
      // A longer exponent is a mistake, and would make the arithmetic slow.
      if (!(value instanceof Decimal)) return ["not a number", "Write a number."];
      return /[eE][+-]?\d{4}/.test(value.text)
        ? [`the exponent of ${value.text} has more than three digits`, "Write another limit, or remove it."]
        : undefined;
    case "text":
      return typeof value === "string" ? undefined : ["not a text", "Write a text."];
    case "flag":
      return typeof value === "boolean" ? undefined : ["not a Boolean", "Write true or false."];
    case "names":
      return Array.isArray(value) && value.every((name) => typeof name === "string") &&
          new Set(value).size === value.length
        ? undefined
        : ["not an array of different names", "Write the names of properties."];
    case "schema":
      return isObject(value) || typeof value === "boolean" ? undefined : NOT_A_SCHEMA;
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
    checkPattern(value as string, add);
  }
}

function checkPattern(pattern: string, add: Add): void {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    add((error as Error).message, "Correct the regular expression (JavaScript with the flag u).");
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
  const texts = values.filter((each) => typeof each === "string");
  const repeated = texts.find((each, i) => texts.indexOf(each) < i);
  if (repeated !== undefined) add(`${JSON.stringify(repeated)} occurs twice`, "Remove one of both.");
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
