/**
 * Finds defaults that the type of a column rejects. Each record without the member would be rejected.
 *
 * @module
 */
import { outputAt } from "../codec/json_value.ts";
import { bindDeclaredTypes } from "../schema/bind_stream.ts";
import { schemaAt } from "../schema/column_schema.ts";
import type { Stream } from "../stream.ts";
import { RowBuffer } from "../types/row_buffer.ts";
import { defOf, type Schema } from "../zod_node.ts";
import { type Mistakes, pointerTo } from "./mistakes.ts";

/** The default of the member at a path; `undefined` if it has none. */
function defaultAt(schema: Schema, path: readonly (string | number)[]): unknown {
  const name = path.at(-1)!;
  const object = schemaAt(schema, path.slice(0, -1)).schema;
  const def = object && defOf(object);
  const member = def?.type === "object" && Object.hasOwn(def.shape, name)
    ? defOf(def.shape[name]!)
    : undefined;
  return member?.type === "default" ? member.defaultValue : undefined;
}

/** Adds a mistake for each column with such a default, also as a part of an object's default. */
export function checkDefaults(stream: Stream, mistakes: Mistakes): void {
  const { types } = bindDeclaredTypes(stream);
  for (const [c, column] of stream.columns.entries()) {
    if ("metadata" in column) continue;
    for (let steps = 1; steps <= column.path.length; steps++) {
      const path = column.path.slice(0, steps);
      const value = outputAt(defaultAt(stream.schema, path), column.path.slice(steps));
      const problem = value === undefined ? undefined : types[c]!.write(value, new RowBuffer());
      if (problem === undefined) continue;
      const place = path.map(String).reduce(pointerTo, "");
      mistakes.add(
        pointerTo("/columns", column.name),
        `the type ${column.type} rejects the default of ${place}: ${problem}`,
        "Correct the default, or the type.",
      );
    }
  }
}
