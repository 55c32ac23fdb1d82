/**
 * Replays rejected records: those that are valid by now leave `rejected_records` and enter their table in one transaction, so that
 * none is lost and none is stored twice, whatever happens in between and whoever else replays.
 *
 * A rejected record exists once per topic, partition and offset, however many consumer groups have rejected it, and it is stored once.
 *
 * @module
 */
import type pg from "pg";
import { decoder } from "../../shared/codec/decode.ts";
import type { Rejection } from "../../shared/codec/rejection.ts";
import { PermanentError } from "../../shared/errors.ts";
import { escapeNonAscii } from "../../shared/escape.ts";
import { classify, type PostgresErrorFields } from "../../shared/postgres/errors.ts";
import { inTransaction, type SessionInfo } from "../../shared/postgres/session.ts";
import type { Stream } from "../../shared/stream.ts";
import type { RejectedRow } from "./list.ts";
import { lookUpViolation } from "../store/constraint_errors.ts";
import { assertAboutRecord, isViolation, tablesOf } from "../store/record_errors.ts";
import { firstRejection } from "../store/reject_streaks.ts";
import { streamTarget } from "../../shared/schema/create_tables.ts";

/** Records in one transaction, at most. */
const BATCH = 1_000;

/** What became of the records. */
export interface Replayed {
  /** Now in the table. */
  moved: number;
  /** Still not valid, or still rejected by the database; `rejected_records` has the current reason. */
  kept: number;
}

/** A record of `rejected_records`, with the columns' values if it is valid by now, else with the current reason. */
interface Candidate {
  readonly partition: number;
  /** INT8, as decimal text. */
  readonly offset: string;
  readonly decoded: readonly number[] | Rejection;
}

const isRejected = (decoded: Candidate["decoded"]): decoded is Rejection => "reason" in decoded;

/**
 * Replays a stream's rejected records, in the order of their partitions and offsets. When the database rejects a transaction, by a
 * statement or at COMMIT, it is repeated with fewer records until the record is found that is rejected.
 *
 * @param reason only those that were rejected for it; empty: all
 * @param signal stops after the transaction in hand
 * @throws {Error} pg's, unless it is about a record
 */
export async function replay(
  client: pg.Client,
  session: SessionInfo,
  stream: Stream,
  reason: string,
  signal: AbortSignal,
): Promise<Replayed> {
  const read = candidateReader(stream, reason);
  const transaction = <T>(work: () => Promise<T>) =>
    inTransaction(client, { session, settings: { statement_timeout: 0 } }, work);
  const result: Replayed = { moved: 0, kept: 0 };
  let after = { partition: -1, offset: "-1" };
  for (let limit = BATCH; !signal.aborted;) {
    let candidates: Candidate[] = [];
    try {
      const moved = await transaction(async () => {
        candidates = await read(client, after, limit);
        return await move(client, stream, candidates);
      });
      result.moved += moved;
      result.kept += candidates.length - moved;
    } catch (error) {
      if (classify(error) !== "record" || candidates.length === 0) throw error;
      if (candidates.length > 1) {
        limit = Math.ceil(candidates.length / 2);
        continue;
      }
      const violation = isViolation(error)
        ? await transaction(() => lookUpViolation(client, error as PostgresErrorFields, tablesOf([stream])))
        : undefined;
      assertAboutRecord(error, [stream], violation);
      await transaction(() => keep(client, stream, [{ ...candidates[0]!, decoded: firstRejection(error) }]));
      result.kept++;
    }
    const last = candidates.at(-1);
    if (!last) break;
    after = last;
    limit = Math.min(BATCH, 2 * limit);
  }
  return result;
}

/** Reads and locks the next records; one that another replay holds is left to it. */
function candidateReader(stream: Stream, reason: string) {
  const decode = decoder(stream);
  const row = new Float64Array(stream.fields.length);
  return async (
    client: pg.Client,
    after: { partition: number; offset: string },
    limit: number,
  ): Promise<Candidate[]> => {
    const { rows } = await client.query<RejectedRow>(
      `SELECT partition, "offset", value FROM rejected_records
       WHERE topic = $1 AND ($2 = '' OR reason = $2) AND (partition, "offset") > ($3, $4)
       ORDER BY partition, "offset" LIMIT $5 FOR UPDATE SKIP LOCKED`,
      [stream.topic, reason, after.partition, after.offset, limit],
    );
    return rows.map(({ partition, offset, value }) => ({
      ...{ partition, offset },
      decoded: decode(value, row) ?? [...row],
    }));
  };
}

/** Moves the valid ones into the table and updates the reason of the others. Returns how many were moved. */
async function move(client: pg.Client, stream: Stream, candidates: readonly Candidate[]): Promise<number> {
  await keep(client, stream, candidates);
  const valid = candidates.filter(({ decoded }) => !isRejected(decoded));
  if (valid.length === 0) return 0;
  const { fields, topic } = stream;
  const columns = fields.map((_, f) =>
    // As text, -0 would lose its sign.
    valid.map(({ decoded }) => (decoded as number[])[f]!).map((number) =>
      Object.is(number, -0) ? "-0" : number
    )
  );
  const types = fields.map(({ type }, f) => `$${f + 1}::${type}[]`).join(", ");
  await client.query(`INSERT INTO ${streamTarget(stream)} SELECT * FROM unnest(${types})`, columns);
  const { rowCount } = await client.query(
    `DELETE FROM rejected_records AS r USING unnest($2::int[], $3::bigint[]) AS v (partition, "offset")
     WHERE r.topic = $1 AND r.partition = v.partition AND r."offset" = v."offset"`,
    [topic, valid.map(({ partition }) => partition), valid.map(({ offset }) => offset)],
  );
  if (rowCount === valid.length) return valid.length;
  throw new PermanentError(
    `Cannot delete ${
      valid.length - (rowCount ?? 0)
    } replayed records of ${topic} from rejected_records: a trigger, a rule or a ` +
      "row-level security policy keeps them. Nothing of them was moved. Drop it, then replay again.",
  );
}

/** Updates reason and detail of those that stay, if they are others now; not for another position in a streak, see RejectStreaks. */
async function keep(client: pg.Client, { topic }: Stream, candidates: readonly Candidate[]): Promise<void> {
  const kept = candidates.flatMap(({ partition, offset, decoded }) =>
    isRejected(decoded) ? { partition, offset, ...decoded } : []
  );
  if (kept.length === 0) return;
  const { rows: [server] } = await client.query<{ encoding: string }>(
    "SELECT current_setting('server_encoding') AS encoding",
  );
  const fitting = server?.encoding === "UTF8" ? (text: string) => text : escapeNonAscii;
  await client.query(
    `UPDATE rejected_records AS r SET reason = v.reason, detail = v.detail
     FROM unnest($2::int[], $3::bigint[], $4::text[], $5::text[]) AS v (partition, "offset", reason, detail)
     WHERE r.topic = $1 AND r.partition = v.partition AND r."offset" = v."offset"
       AND (r.reason, regexp_replace(r.detail, ', [0-9]+ in a row', '')) IS DISTINCT FROM
         (v.reason, regexp_replace(v.detail, ', [0-9]+ in a row', ''))`,
    [
      topic,
      kept.map(({ partition }) => partition),
      kept.map(({ offset }) => offset),
      kept.map(({ reason }) => reason),
      kept.map(({ detail }) => fitting(detail)),
    ],
  );
}
