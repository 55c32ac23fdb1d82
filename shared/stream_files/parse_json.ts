/**
 * Parses the JSON text of a stream file. Numbers keep their source text, so that limits with more digits than a double has are exact.
 *
 * @module
 */
import { Decimal } from "../types/decimal.ts";
import { type Mistakes, pointerTo } from "./mistakes.ts";

/** A parsed value. Numbers are {@link Decimal}. */
export type Json = null | boolean | string | Decimal | Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Decimal);

/** The member of an object, but not of its prototype. */
export const memberOf = (object: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** The array that is a member; empty if the member is absent or not an array. */
export function arrayOf(object: JsonObject, name: string): readonly Json[] {
  const value = memberOf(object, name);
  return Array.isArray(value) ? value : [];
}

/** The object that is a member; empty if the member is absent or not an object. */
export function objectOf(object: JsonObject, name: string): JsonObject {
  const value = memberOf(object, name);
  return isObject(value) ? value : {};
}

/**
 * Parses a file and adds its syntax errors and duplicate names to the mistakes.
 *
 * @returns `undefined` if the text is not JSON
 */
export function parseJson(text: string, mistakes: Mistakes): Json | undefined {
  const json = text.replace(/^\uFEFF/, "");
  try {
    const value = parseExact(json);
    for (const pointer of duplicateNames(json)) {
      mistakes.add(pointer, "the name occurs twice", "Remove one of them.");
    }
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    mistakes.add(
      "",
      `not JSON: ${describe(error.message, json)}`,
      "Correct it; JSON has no comments and no commas at the end.",
    );
    return undefined;
  }
}

/** Parses JSON with exact numbers. @throws {SyntaxError} if the text is not JSON */
export const parseExact = (json: string): Json =>
  (JSON.parse as (text: string, reviver: Reviver) => Json)(
    json,
    (_name, value, { source }) => typeof value === "number" ? new Decimal(source!) : value as Json,
  );

type Reviver = (name: string, value: unknown, context: { readonly source?: string }) => Json;

/** The engine's message, with line and column also if the text ends too early. */
function describe(message: string, json: string): string {
  const text = message.replace(
    / in JSON at position \d+ \(line (\d+) column (\d+)\)$/,
    " in line $1, column $2",
  )
    .replace(
      / after JSON at position \d+ \(line (\d+) column (\d+)\)$/,
      " after the value in line $1, column $2",
    );
  if (text !== message) return text;
  const lines = json.split("\n");
  return `${message.replace(/ JSON input$/, " the text")} in line ${lines.length}, column ${
    lines.at(-1)!.length + 1
  }`;
}

/** JSON pointers of the names that occur again in an object. JSON.parse() takes the last member of a name. @param json valid JSON */
export function duplicateNames(json: string): string[] {
  const found: string[] = [];
  const parents: { pointer: string; names: Set<string> | undefined; count: number }[] = [];
  let name: string | undefined, pointer = "";
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const parent = parents.at(-1);
    if (token === "{" || token === "[") {
      if (parent) pointer = pointerTo(parent.pointer, parent.names ? name! : parent.count);
      parents.push({ pointer, names: token === "{" ? new Set() : undefined, count: 0 });
      name = undefined;
    } else if (token === "}" || token === "]") parents.pop();
    else if (token === ",") {
      parent!.count++;
      name = undefined;
    } else if (token.startsWith('"') && parent?.names && name === undefined) {
      name = JSON.parse(token) as string;
      if (parent.names.has(name)) found.push(pointerTo(parent.pointer, name));
      parent.names.add(name);
    }
  }
  return found;
}
