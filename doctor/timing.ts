/**
 * Clocks and round trips.
 *
 * @module
 */
import { failed, ok, type Outcome } from "./check.ts";

/** From here on a difference between clocks is a fault: latencies and timestamps would say something else than is so. */
export const CLOCK_LIMIT_MS = 2_000;

/** From here on a round trip is a fault: transactions and fetches spend their time waiting. */
export const ROUND_TRIP_LIMIT_MS = 500;

const PROBES = 5;

/** The median time of an exchange with a server, milliseconds. */
export async function roundTripMs(exchange: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let probe = 0; probe < PROBES; probe++) {
    const start = performance.now();
    await exchange();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(PROBES / 2)]!;
}

/** What a round trip says of where a server is. */
export function checkRoundTrip(ms: number, server: string): Outcome {
  const text = `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  return ms < ROUND_TRIP_LIMIT_MS ? ok(text) : failed(
    `${text}, and ${ROUND_TRIP_LIMIT_MS} ms is much already`,
    `Run the services in the cloud region of ${server}; or is it overloaded?`,
  );
}

/**
 * Holds a server's clock against this machine's.
 *
 * @param server Unix time of the server, milliseconds, between `before` and `after` of this machine
 */
export function checkClock(name: string, server: number, before: number, after: number): Outcome {
  const difference = server - (before + after) / 2;
  const seconds = (Math.abs(difference) / 1000).toFixed(Math.abs(difference) < 10_000 ? 2 : 0);
  const text = `this machine's clock is ${seconds} s ${
    difference < 0 ? "ahead of" : "behind"
  } that of ${name}`;
  if (Math.abs(difference) - (after - before) / 2 < CLOCK_LIMIT_MS) {
    return ok(`${text}, give or take ${((after - before) / 2000).toFixed(2)} s`);
  }
  return failed(
    text,
    "Set the one that is wrong (timedatectl, chronyc tracking): latencies, timestamps and certificates' dates depend on them.",
  );
}
