/**
 * Lists and deletes rejected records.
 *
 * @module
 */
import type pg from "pg";
import { REASONS } from "../../shared/codec/rejection.ts";
import { PermanentError } from "../../shared/errors.ts";
import type { CommandOutput } from "../../shared/observe/command_output.ts";
import type { Log } from "../../shared/observe/log.ts";
import {
  inspectSession,
  inTransaction,
  TEXT_FORMAT,
  type TransactionStart,
} from "../../shared/postgres/session.ts";
import {
  countRejected,
  listRejected,
  purgeRejected,
  type RejectedCount,
  type RejectsFilter,
} from "../../shared/schema/rejected_queries.ts";
import { suggestion } from "../../shared/settings/suggestion.ts";
import type { Settings } from "../../shared/settings/table.ts";
import { formatCount, formatJson, formatText } from "./format.ts";

type ListSettings = Pick<Settings, "REJECTS_LIMIT" | "REJECTS_FORMAT">;

const total = (counts: readonly RejectedCount[]) => counts.reduce((sum, { count }) => sum + Number(count), 0);

async function transaction<T>(
  client: pg.Client,
  mode: TransactionStart["mode"],
  work: () => Promise<T>,
): Promise<T> {
  const session = await inspectSession(client);
  // The operator waits, and can interrupt.
  const settings = { ...TEXT_FORMAT, statement_timeout: 0 };
  return await inTransaction(client, { session, settings, ...mode && { mode } }, work);
}

/** Prints the number of records by topic and reason, and the latest records. */
export async function list(
  client: pg.Client,
  filter: RejectsFilter,
  settings: ListSettings,
  output: CommandOutput,
  log: Log,
): Promise<void> {
  const [records, counts] = await transaction(
    client,
    "REPEATABLE READ READ ONLY",
    async () =>
      [
        await listRejected(client, filter, settings.REJECTS_LIMIT),
        await countRejected(client, filter),
      ] as const,
  );
  const found = total(counts);
  const truncated = `${records.length} of ${found} records; --limit=${found} lists all.`;
  if (settings.REJECTS_FORMAT === "json") {
    for (const record of records) await output.print(formatJson(record));
    if (records.length < found) log("info", "list_truncated", truncated, {});
    return;
  }
  for (const count of counts) await output.print(formatCount(count));
  if (records.length === 0) await output.print(`No rejected records of ${filter.topics.join(", ")}.`);
  for (const record of records) await output.print(formatText(record));
  if (records.length < found) await output.print(`\n${truncated}`);
}

/** Deletes the records, and prints their number by topic and reason. */
export async function purge(client: pg.Client, filter: RejectsFilter, output: CommandOutput): Promise<void> {
  const counts = await transaction(client, undefined, () => purgeRejected(client, filter));
  for (const count of counts) await output.print(formatCount(count));
  await output.print(`Deleted ${total(counts)} rejected records of ${filter.topics.join(", ")}.`);
}

/**
 * Checks a reason that was given.
 *
 * @throws {PermanentError} with the existing reasons if no program rejects records for it, and no record was rejected for it
 */
export async function checkReason(client: pg.Client, filter: RejectsFilter): Promise<void> {
  const { reason } = filter;
  if (reason === "" || REASONS.some((known) => known === reason)) return;
  const counts = await transaction(
    client,
    "REPEATABLE READ READ ONLY",
    () => countRejected(client, { ...filter, reason: "", olderThanSeconds: undefined }),
  );
  const existing = [...new Set(counts.map((each) => each.reason))];
  if (existing.includes(reason)) return;
  const nearest = suggestion(reason, [...new Set([...existing, ...REASONS])], (known) => `“${known}”`);
  const reasons = existing.length > 0 ? existing : REASONS;
  throw new PermanentError({
    code: "REJECTS_REASON_UNKNOWN",
    cause: `REJECTS_REASON: no record was rejected for the reason “${reason}”`,
    remedy: `${nearest && `${nearest} `}Existing reasons: ${reasons.map((each) => `“${each}”`).join(", ")}.`,
  });
}
