import assert from "assert";
import { latencySeconds } from "./latency.ts";

Deno.test("latencySeconds() is the time since the timestamp, and undefined when that is no time of sending", () => {
  const now = Date.UTC(2026, 5, 1);
  const cases: [timestamp: number, seconds: number | undefined][] = [
    [now - 1_500, 1.5],
    [now, 0],
    // Clocks that differ a little.
    [now + 200, 0],
    [now - 366 * 86_400_000, 366 * 86_400],
    // No timestamp, seconds or microseconds in the place of milliseconds, and what clients send by mistake.
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
