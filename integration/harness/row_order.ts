import type { Row } from "./expected_rows.ts";
import type { TopicRecord } from "./read_topic.ts";

/** A valid record and its row. */
export interface Expected {
  readonly record: TopicRecord;
  readonly row: Row;
}

/** A text that identifies a row's values. */
export const keyOf = (row: Row): string => JSON.stringify(row);

/**
 * The first record of each key whose row is not at its position among the key's rows.
 *
 * @param key index of the key's column
 */
export function outOfOrder(
  valid: readonly Expected[],
  rows: readonly Row[],
  key: number,
): TopicRecord[] {
  const rowsByKey = Map.groupBy(rows, (row) => row[key]!);
  const nextByKey = new Map<string, number>();
  return valid.flatMap(({ record, row }) => {
    const value = row[key]!;
    const next = nextByKey.get(value) ?? 0;
    if (next === -1) return [];
    const isInOrder = keyOf(row) === keyOf(rowsByKey.get(value)![next]!);
    nextByKey.set(value, isInOrder ? next + 1 : -1);
    return isInOrder ? [] : [record];
  });
}
