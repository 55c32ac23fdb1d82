/**
 * Checks of PostgreSQL's clock and round-trip time.
 *
 * @module
 */
import type { Outcome } from "../check.ts";
import type { Context } from "../context.ts";
import { checkClock, checkRoundTrip, measureRoundTripMs } from "../timing.ts";

/** Compares PostgreSQL's clock with this machine's. */
export const checkPostgresClock = (context: Context): Promise<Outcome> =>
  context.withClient(async (client) => {
    const before = context.now();
    const { rows } = await client.query<{ now: number }>(
      "SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now",
    );
    return checkClock("PostgreSQL", rows[0]!.now, before, context.now());
  });

/** Measures the round-trip time of a statement. */
export const checkPostgresRoundTrip = (context: Context): Promise<Outcome> =>
  context.withClient(async (client) =>
    checkRoundTrip(await measureRoundTripMs(() => client.query("SELECT 1")), "the database")
  );
