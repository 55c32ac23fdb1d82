/**
 * Formats rejected records for the terminal.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { escapeUnprintable } from "../../shared/escape.ts";
import { namedHeaders } from "../../shared/kafka/records/record_reader.ts";
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
  { topic, partition, offset, key, value, reason, detail, rejected_at, timestamp_ms, headers }: RejectedRow,
): string =>
  [
    `\n${topic}[${partition}]@${offset}  ${rejected_at.toISOString()}  ${escapeUnprintable(reason)}`,
    escapeUnprintable(detail),
    ...timestamp_ms ? [`time  ${formatTime(timestamp_ms)}`] : [],
    ...(headers ?? []).map(([name, value]) => `header ${readable(name)}: ${readable(value)}`),
    `key   ${readable(key)}`,
    `value ${readable(value)}`,
  ].join("\n  ");

/** A time as ISO 8601, or the milliseconds if it has more than six digits for the year. */
function formatTime(milliseconds: string): string {
  const time = new Date(Number(milliseconds));
  return Number.isNaN(time.getTime()) ? `${milliseconds} ms` : time.toISOString();
}

/** A record as a line of JSON; key, value and the values of headers in Base64. */
export const formatJson = (
  { topic, partition, offset, key, value, reason, detail, rejected_at, timestamp_ms, headers }: RejectedRow,
): string =>
  // JSON.stringify does not escape all control and format characters.
  escapeUnprintable(JSON.stringify({
    topic,
    reason,
    detail,
    rejected_at,
    partition,
    offset: Number(offset),
    timestamp_ms: timestamp_ms ? Number(timestamp_ms) : null,
    headers: headers
      ? namedHeaders(headers).map(([name, value]) => ({ name, value: value?.toString("base64") ?? null }))
      : null,
    key: key?.toString("base64") ?? null,
    value: value?.toString("base64") ?? null,
  }));
