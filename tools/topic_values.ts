/**
 * Infers a stream file from the records of a topic.
 *
 * @module
 */
import { Buffer, isUtf8 } from "node:buffer";
import { columnName } from "../shared/stream_files/columns.ts";
import { defaultType } from "../shared/stream_files/default_type.ts";
import { pointerTo } from "../shared/stream_files/mistakes.ts";
import {
  duplicateNames,
  isObject,
  type Json,
  type JsonObject,
  parseExact,
} from "../shared/stream_files/parse_json.ts";
import { INHERITED_NAMES } from "../shared/stream_files/schema/keywords.ts";
import { columnNameProblem } from "../shared/stream_files/table_name.ts";
import { Decimal } from "../shared/types/decimal.ts";
import { MemberValues } from "./member_values.ts";
import type { ReadRecord } from "./read_topic.ts";

/** More columns than this are rarely intended: the object has keys as names. */
const MEMBERS_MAX = 250;

/** A stream file without topic and table, and what is unclear. */
export interface InferredFile {
  readonly file: { readonly [name: string]: unknown };
  readonly conflicts: readonly string[];
}

const PROBLEMS = {
  tombstone: "have no value (tombstones)",
  text: "are text, but not JSON",
  bytes: "are not UTF-8",
  other: "are JSON, but not objects",
  duplicate: "have a name twice",
} as const;

/** Collects the values of a topic's records. */
export class TopicValues {
  readonly #members = new Map<string, MemberValues>();
  readonly #skipped = new Map<keyof typeof PROBLEMS, number>();
  #objects = 0;
  #hasMoreMembers = false;
  /** Members whose value was the key of each record so far. */
  #keys: Set<string> | undefined;

  add(record: Pick<ReadRecord, "value" | "key">): void {
    const value = record.value === null ? undefined : parse(record.value);
    const problem = value === undefined ? "tombstone" : typeof value === "string" ? value : undefined;
    if (problem) this.#skipped.set(problem, (this.#skipped.get(problem) ?? 0) + 1);
    else this.#addObject(value as JsonObject, record.key());
  }

  #addObject(object: JsonObject, key: Uint8Array | null): void {
    this.#objects++;
    const keyText = key === null ? undefined : Buffer.from(key).toString();
    const keys = new Set<string>();
    for (const [name, value] of Object.entries(object)) {
      let member = this.#members.get(name);
      if (!member) {
        if (this.#members.size === MEMBERS_MAX || INHERITED_NAMES.includes(name)) {
          this.#hasMoreMembers = true;
          continue;
        }
        this.#members.set(name, member = new MemberValues(name));
      }
      member.add(value);
      if (
        keyText !== undefined && (value === keyText || value instanceof Decimal && value.text === keyText)
      ) {
        keys.add(name);
      }
    }
    this.#keys = this.#keys ? this.#keys.intersection(keys) : keys;
  }

  infer(): InferredFile {
    const conflicts = [...this.#skipped].filter(([problem]) => this.#objects > 0 || problem === "tombstone")
      .map(([problem, count]) => `${count} records ${PROBLEMS[problem]}`);
    if (this.#objects === 0) return { file: this.#inferRaw(), conflicts };
    if (this.#hasMoreMembers) {
      conflicts.push(
        `Only the first ${MEMBERS_MAX} members are stored, and none with a name such as constructor`,
      );
    }
    conflicts.push(...this.#similarNames());
    const properties: Record<string, unknown> = {};
    const required: string[] = [];
    const columns = new Map<string, object>();
    let key: string | undefined;
    for (const [name, member] of this.#members) {
      const { schema, type, epoch, conflicts: unclear } = member.infer();
      conflicts.push(...unclear.map((text) => `${JSON.stringify(name)}: ${text}`));
      properties[name] = schema;
      if (member.count === this.#objects) required.push(name);
      const column = this.#columnOf(name, columns);
      if (this.#keys?.has(name)) key ??= column;
      columns.set(column, {
        ...column === columnName(name) ? {} : { path: pointerTo("", name) },
        ...type === defaultType(schema as Json, schema as Json) ? {} : { type },
        ...epoch && { epoch },
      });
    }
    if (columns.size === 0) columns.set("value", { path: "", type: "jsonb" });
    const schema = { type: "object", ...required.length > 0 && { required }, properties };
    return {
      file: { schema, columns: Object.fromEntries(columns), ...key !== undefined && { key } },
      conflicts,
    };
  }

  /** An unused name of a column for a member. */
  #columnOf(member: string, columns: ReadonlyMap<string, unknown>): string {
    const name = columnName(member);
    const isUnclear = [...this.#members.keys()].some((other) =>
      other !== member && (other === name || columnName(other) === name)
    );
    if (!isUnclear && columnNameProblem(name) === undefined && !/^\d+$/.test(name)) return name;
    const base = columnNameProblem(name) === undefined ? name.slice(0, 15) : "column";
    let number = 1;
    while (columns.has(`${base}_${number}`) || this.#members.has(`${base}_${number}`)) number++;
    return `${base}_${number}`;
  }

  #similarNames(): string[] {
    const groups = Map.groupBy(this.#members.keys(), (name) => name.toLowerCase().replaceAll(/[_-]/g, ""));
    return [...groups.values()].filter(({ length }) => length > 1)
      .map((names) =>
        `${
          names.map((name) => JSON.stringify(name)).join(", ")
        }: if they mean the same, keep one and write "aliases"`
      );
  }

  /** A file for values that are not objects, or of an empty topic. */
  #inferRaw(): Record<string, unknown> {
    const count = (problem: keyof typeof PROBLEMS) => this.#skipped.get(problem) ?? 0;
    const [format, type] = count("bytes") > 0
      ? ["bytes", "bytea"]
      : count("text") > 0
      ? ["text", "text"]
      : ["json", "jsonb"];
    const metadata = (name: string) => ({ metadata: name });
    return {
      ...format === "json" ? {} : { format },
      columns: {
        partition: metadata("partition"),
        offset: metadata("offset"),
        timestamp: metadata("timestamp"),
        key: metadata("key"),
        value: { path: "", type },
      },
      consumeOnly: true,
    };
  }
}

/** The value of a record if it is an object, otherwise why not. */
function parse(bytes: Uint8Array): JsonObject | Exclude<keyof typeof PROBLEMS, "tombstone"> {
  if (!isUtf8(bytes)) return "bytes";
  const text = Buffer.from(bytes).toString();
  let value: Json;
  try {
    value = parseExact(text);
  } catch {
    return "text";
  }
  if (!isObject(value)) return "other";
  // Duplicates of nested objects are not rejected.
  return duplicateNames(text).some((pointer) => pointer.lastIndexOf("/") === 0) ? "duplicate" : value;
}
