/**
 * PostgreSQL's clock and the way to it.
 *
 * @module
 */
import type { Outcome } from "../check.ts";
import type { Context } from "../context.ts";
import { checkClock, checkRoundTrip, roundTripMs } from "../timing.ts";

/** Holds PostgreSQL's clock against this machine's. */
export const checkPostgresClock = (context: Context): Promise<Outcome> =>
  context.withClient(async (client) => {
    const before = context.now();
    const { rows } = await client.query<{ now: number }>(
      "SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now",
    );
    return checkClock("PostgreSQL", rows[0]!.now, before, context.now());
  });

/** How long a statement and its result take. */
export const checkPostgresRoundTrip = (context: Context): Promise<Outcome> =>
  context.withClient(async (client) =>
    checkRoundTrip(await roundTripMs(() => client.query("SELECT 1")), "the database")
  );
