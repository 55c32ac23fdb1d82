/**
 * Clock differences and round-trip times.
 *
 * @module
 */
import { failed, ok, type Outcome } from "./check.ts";

/** Maximum difference between clocks. Larger ones distort latency metrics and timestamps. */
export const CLOCK_DIFFERENCE_MAX_MS = 2_000;

/** Maximum round-trip time. With longer ones, transactions and fetches mostly wait. */
export const ROUND_TRIP_MAX_MS = 500;

const PROBES = 5;

/** The median round-trip time, milliseconds. */
export async function measureRoundTripMs(exchange: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let probe = 0; probe < PROBES; probe++) {
    const start = performance.now();
    await exchange();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(PROBES / 2)]!;
}

/** The outcome for a round-trip time. */
export function checkRoundTrip(ms: number, server: string): Outcome {
  const text = `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  return ms < ROUND_TRIP_MAX_MS ? ok(text) : failed(
    `${text} (limit ${ROUND_TRIP_MAX_MS} ms)`,
    `Run the services in the cloud region of ${server}, or check their load.`,
  );
}

/**
 * Compares a server's clock with this machine's.
 *
 * @param server Unix time of the server, milliseconds, read between `before` and `after`
 */
export function checkClock(name: string, server: number, before: number, after: number): Outcome {
  const difference = server - (before + after) / 2;
  const seconds = (Math.abs(difference) / 1000).toFixed(Math.abs(difference) < 10_000 ? 2 : 0);
  const text = `this machine's clock is ${seconds} s ${
    difference < 0 ? "ahead of" : "behind"
  } that of ${name}`;
  if (Math.abs(difference) - (after - before) / 2 < CLOCK_DIFFERENCE_MAX_MS) {
    return ok(`${text} (±${((after - before) / 2000).toFixed(2)} s)`);
  }
  return failed(
    text,
    "Set the clock that is wrong (timedatectl, chronyc tracking).",
  );
}
