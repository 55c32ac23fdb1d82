import { join } from "node:path";
import { runPython } from "./python.ts";
import type { TopicRecord } from "./read_topic.ts";
import type { Rules } from "./rules.ts";

/** Texts of a row's columns as PostgreSQL prints them; null for NULL. */
export type Row = readonly (string | null)[];

/** What must become of a record: a row, nothing (superseded or deleted by another record), or a rejection. */
export type Expectation =
  | { readonly row: Row }
  | { readonly row?: never; readonly rejected: string | undefined };

const ORACLE = join(import.meta.dirname!, "oracle", "oracle.py");

/**
 * Computes what must become of each record, with Python's JSON parser and exact numbers.
 *
 * @throws {Error} if Python is missing or the oracle fails
 */
export async function expectedRows(
  rules: Rules,
  topic: string,
  records: readonly TopicRecord[],
): Promise<Expectation[]> {
  const lines = records.map(({ partition, offset, timestamp, headers, key, value }) =>
    [partition, offset, timestamp, headers, key ?? "\\N", value ?? "\\N"].join("\t") + "\n"
  );
  const input = [`${JSON.stringify({ ...rules, topic })}\n`, ...lines];
  const { code, stdout, stderr } = await runPython([ORACLE], input);
  if (code !== 0) throw new Error(`The oracle failed:\n${stderr}`);
  const results = stdout.split("\n").slice(0, -1);
  if (results.length !== records.length) {
    throw new Error(`The oracle returned ${results.length} lines for ${records.length} records.`);
  }
  return results.map((line) => {
    if (line === "~") return { rejected: undefined };
    return line.startsWith("-") ? { rejected: line.slice(2) } : { row: JSON.parse(line) };
  });
}
