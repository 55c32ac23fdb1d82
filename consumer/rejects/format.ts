/**
 * Formats rejected records for the terminal.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { escapeUnprintable } from "../../shared/escape.ts";
import type { RejectedCount, RejectedRow } from "../../shared/schema/rejected_queries.ts";

/** A count as a line for people. */
export const formatCount = ({ topic, reason, count }: RejectedCount): string =>
  `${topic}: ${count} × ${escapeUnprintable(reason)}`;

/** Bytes of a value that are shown in one line. */
const SHOWN_BYTES = 120;

/** Bytes as one line of text: what is not printable ASCII or proper UTF-8 is escaped, so that no terminal obeys it. */
export function readable(bytes: Uint8Array | null): string {
  if (bytes === null) return "NULL";
  const shown = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString("utf8");
  const text = escapeUnprintable(shown).replaceAll("\ufffd", "\\ufffd");
  return bytes.length > SHOWN_BYTES ? `${text}… (${bytes.length} bytes)` : text;
}

/** A record as a few lines for people. The detail is escaped again: an earlier version or another program may have stored it. */
export const formatText = (
  { topic, partition, offset, key, value, reason, detail, rejected_at }: RejectedRow,
): string =>
  `\n${topic}[${partition}]@${offset}  ${rejected_at.toISOString()}  ${escapeUnprintable(reason)}\n  ${
    escapeUnprintable(detail)
  }\n  key   ${readable(key)}\n  value ${readable(value)}`;

/** A record as a line of JSON, key and value in Base64. */
export const formatJson = ({ partition, offset, key, value, ...rest }: RejectedRow): string =>
  // JSON.stringify leaves some of them as they are.
  escapeUnprintable(JSON.stringify({
    ...rest,
    partition,
    offset: Number(offset),
    key: key?.toString("base64") ?? null,
    value: value?.toString("base64") ?? null,
  }));
