/**
 * Streams whose table has the latest record of each key.
 *
 * @module
 */
import { SettingsError } from "./settings/error.ts";
import type { Column, Metadata, MetadataColumn, Stream, WriteMode } from "./stream.ts";

/** The columns of the position of a row's record, if a stream does not name them. */
export const POSITION_COLUMNS: readonly MetadataColumn[] = [
  { name: "kafka_partition", metadata: "partition" },
  { name: "kafka_offset", metadata: "offset" },
];

export type UpsertMode = Extract<WriteMode, { mode: "upsert" }>;

/** The write mode of a stream, if it is upsert. */
export const upsertMode = ({ write }: Stream): UpsertMode | undefined =>
  write?.mode === "upsert" ? write : undefined;

/** The name of the column that stores a property of the record, if there is one. */
export const metadataColumn = ({ columns }: Stream, metadata: Metadata): string | undefined =>
  columns.find((column) => "metadata" in column && column.metadata === metadata)?.name;

/** Positions of the key columns among the columns of a stream. */
export const keyIndexes = (stream: Stream): readonly number[] =>
  (upsertMode(stream)?.key ?? []).map((name) => stream.columns.findIndex((column) => column.name === name));

/**
 * Adds the columns of partition and offset to an upsert stream that does not have them.
 *
 * @throws {SettingsError} if a key column is not a column of the stream, or no column is one
 */
export function withPositionColumns(stream: Stream): Stream {
  const mode = upsertMode(stream);
  if (!mode) return stream;
  const problem = keyProblem(mode, stream.columns);
  if (problem !== undefined) {
    throw new SettingsError([{
      cause: `The write mode of stream ${stream.name} ${problem}`,
      remedy: "Correct its key.",
    }]);
  }
  const missing = POSITION_COLUMNS.filter(({ metadata }) => metadataColumn(stream, metadata) === undefined);
  return missing.length === 0 ? stream : { ...stream, columns: [...stream.columns, ...missing] };
}

function keyProblem({ key, tombstones }: UpsertMode, columns: readonly Column[]): string | undefined {
  if (key.length === 0) return "has no key column";
  if (new Set(key).size < key.length) return "names a key column twice";
  const position = columns.find((column) =>
    key.includes(column.name) && "metadata" in column && ["partition", "offset"].includes(column.metadata)
  );
  if (position && tombstones === "delete") {
    return `has the key column "${position.name}", with which a tombstone finds no row`;
  }
  const unknown = key.find((name) => !columns.some((column) => column.name === name));
  return unknown === undefined ? undefined : `has the key column "${unknown}", which is not a column`;
}
