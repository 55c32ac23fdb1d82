/**
 * Shows what is in quarantine.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type pg from "pg";
import { escapeUnprintable } from "../../shared/escape.ts";

/** A row of `rejected_records`. */
export interface RejectedRow {
  readonly topic: string;
  readonly partition: number;
  /** INT8, as decimal text. */
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly reason: string;
  readonly detail: string;
  readonly rejected_at: Date;
}

/** Which records are meant: of these topics and, unless it is empty, of this reason. */
export interface RejectsFilter {
  readonly topics: readonly string[];
  readonly reason: string;
}

const WHERE = "WHERE topic = ANY ($1::text[]) AND ($2 = '' OR reason = $2)";

/** The latest records in quarantine. */
export async function listRejects(
  client: pg.Client,
  filter: RejectsFilter,
  limit: number,
): Promise<RejectedRow[]> {
  const { rows } = await client.query<RejectedRow>(
    `SELECT topic, partition, "offset", key, value, reason, detail, rejected_at FROM rejected_records ${WHERE}
     ORDER BY rejected_at DESC, topic, partition, "offset" DESC LIMIT $3`,
    [filter.topics, filter.reason, limit],
  );
  return rows;
}

/** How many records of a topic were rejected for a reason. */
export interface RejectCount {
  readonly topic: string;
  readonly reason: string;
  readonly count: string;
}

/** How many there are, by topic and reason. */
export async function countRejects(
  client: pg.Client,
  filter: RejectsFilter,
): Promise<RejectCount[]> {
  const { rows } = await client.query<RejectCount>(
    `SELECT topic, reason, count(*) FROM rejected_records ${WHERE} GROUP BY 1, 2 ORDER BY 1, 3 DESC`,
    [filter.topics, filter.reason],
  );
  return rows;
}

/** A count as a line for people. */
export const formatCount = ({ topic, reason, count }: RejectCount): string =>
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
