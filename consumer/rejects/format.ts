/**
 * Formats rejected records for the terminal.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { escapeUnprintable } from "../../shared/escape.ts";
import type { RejectedCount, RejectedRow } from "../../shared/schema/rejected_queries.ts";
import type { Stream } from "../../shared/stream.ts";
import type { Replayed } from "./replay.ts";

/** The result of a replay as a line of text. */
export function formatReplayed({ topic, table }: Stream, { moved, kept, newer, absent }: Replayed): string {
  const skipped = [
    ...newer > 0 ? [` Skipped ${newer} whose row is newer.`] : [],
    ...absent > 0
      ? [` Skipped ${absent} whose row is absent and may have been deleted; --restore inserts them.`]
      : [],
  ];
  return `${topic}: moved ${moved} records into ${table}; ${kept} are still rejected.${skipped.join("")}`;
}

/** A count as a line of text. */
export const formatCount = ({ topic, reason, count }: RejectedCount): string =>
  `${topic}: ${count} × ${escapeUnprintable(reason)}`;

/** Maximum number of bytes of a key or value in a line. */
const SHOWN_BYTES_MAX = 120;

/** Bytes as a line of text; control characters and invalid UTF-8 are escaped. */
export function readable(bytes: Uint8Array | null): string {
  if (bytes === null) return "NULL";
  const shown = Buffer.from(bytes.subarray(0, SHOWN_BYTES_MAX)).toString("utf8");
  const text = escapeUnprintable(shown).replaceAll("\ufffd", "\\ufffd");
  return bytes.length > SHOWN_BYTES_MAX ? `${text}… (${bytes.length} bytes)` : text;
}

/** A record as lines of text. The detail is escaped again, since an earlier version or another program may have stored it. */
export const formatText = (
  { topic, partition, offset, key, value, reason, detail, rejected_at }: RejectedRow,
): string =>
  `\n${topic}[${partition}]@${offset}  ${rejected_at.toISOString()}  ${escapeUnprintable(reason)}\n  ${
    escapeUnprintable(detail)
  }\n  key   ${readable(key)}\n  value ${readable(value)}`;

/** A record as a line of JSON, with key and value in Base64. */
export const formatJson = ({ partition, offset, key, value, ...rest }: RejectedRow): string =>
  // JSON.stringify does not escape all control and format characters.
  escapeUnprintable(JSON.stringify({
    ...rest,
    partition,
    offset: Number(offset),
    key: key?.toString("base64") ?? null,
    value: value?.toString("base64") ?? null,
  }));
