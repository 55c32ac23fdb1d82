import assert from "assert";
import { latencySeconds } from "./latency.ts";

Deno.test("latencySeconds() returns the time since the timestamp, or undefined when it cannot be the time of producing", () => {
  const now = Date.UTC(2026, 5, 1);
  const cases: [timestamp: number, seconds: number | undefined][] = [
    [now - 1_500, 1.5],
    [now, 0],
    // The producer's clock is slightly ahead.
    [now + 200, 0],
    [now - 366 * 86_400_000, 366 * 86_400],
    // No timestamp, seconds or microseconds instead of milliseconds, and other mistakes of clients.
    [-1, undefined],
    [0, undefined],
    [now / 1_000, undefined],
    [now * 1_000, undefined],
    [now + 86_400_000, undefined],
    [-(2 ** 63), undefined],
    [2 ** 63, undefined],
    [NaN, undefined],
  ];
  for (const [timestamp, seconds] of cases) {
    assert.equal(latencySeconds(timestamp, now), seconds, `${timestamp}`);
  }
});
