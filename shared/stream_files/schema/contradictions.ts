/**
 * Finds keywords of a JSON Schema that contradict each other.
 *
 * @module
 */
import { suggestion } from "../../settings/suggestion.ts";
import { compareDecimals, Decimal } from "../../types/decimal.ts";
import { type Mistakes, pointerTo } from "../mistakes.ts";
import { arrayOf, type JsonObject, memberOf, objectOf } from "../parse_json.ts";
import { typesOf } from "./keywords.ts";
import { isWhole } from "./numbers.ts";

/** Pairs of keywords of which the second must not be less than the first, or must be greater if one of them is exclusive. */
const PAIRS = [
  ["minimum", "maximum"],
  ["minLength", "maxLength"],
  ["minItems", "maxItems"],
  ["minProperties", "maxProperties"],
  ["minContains", "maxContains"],
  ["minimum", "exclusiveMaximum"],
  ["exclusiveMinimum", "maximum"],
  ["exclusiveMinimum", "exclusiveMaximum"],
] as const;

/** Finds required members that no record has: misspelled names, and names that the schema excludes. */
export function checkRequired(schema: JsonObject, at: string, mistakes: Mistakes): void {
  const declared = Object.keys(objectOf(schema, "properties"));
  const others = declared.filter((name) => !arrayOf(schema, "required").includes(name));
  const isClosed = memberOf(schema, "additionalProperties") === false &&
    !Object.hasOwn(schema, "patternProperties");
  for (const name of arrayOf(schema, "required")) {
    if (typeof name !== "string" || declared.includes(name)) continue;
    const nearest = name.length > 3 ? suggestion(name, others) : "";
    if (nearest === "" && !isClosed) continue;
    mistakes.add(
      pointerTo(at, "required"),
      `the schema has no property ${name}`,
      nearest || "Add it to properties, or remove it.",
    );
  }
}

/** Finds limits that no value meets, and limits without effect. */
export function checkOrder(schema: JsonObject, at: string, mistakes: Mistakes): void {
  for (const [min, max] of PAIRS) {
    const [low, high] = [memberOf(schema, min), memberOf(schema, max)];
    if (!(low instanceof Decimal && high instanceof Decimal)) continue;
    const isExclusive = [min, max].some((name) => name.startsWith("exclusive"));
    const order = compareDecimals(low.text, high.text);
    if (order < 0 || order === 0 && !isExclusive) continue;
    const relation = isExclusive ? "not above" : "less than";
    mistakes.add(
      pointerTo(at, max),
      `${max} is ${relation} ${min}: no value is valid`,
      "Correct one of them.",
    );
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
