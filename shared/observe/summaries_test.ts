import assert from "assert";
import { pause } from "../lifecycle.ts";
import { startSummaries } from "./summaries.ts";

Deno.test("startSummaries() emits one summary with the rate 0 and then none when nothing changes", async () => {
  const stored = [100, 300, 300, 300, 300, 301];
  const rates: number[] = [];
  const finished = Promise.withResolvers<void>();
  using _summaries = startSummaries(0.01, {
    read: () => {
      if (stored.length === 1) setTimeout(finished.resolve, 0);
      return Promise.resolve({ stored: stored.length > 1 ? stored.shift()! : stored[0]! });
    },
    countOf: (totals) => totals.stored,
    emit: ({ rate }) => rates.push(rate * 0.01),
  });
  await finished.promise;
  assert.deepEqual(rates.map(Math.round), [100, 200, 0, 1]);
});

Deno.test("startSummaries() emits a summary without new records when another total changes", async () => {
  let lag = 0;
  const lags: number[] = [];
  {
    using _summaries = startSummaries(0.01, {
      read: () => Promise.resolve({ stored: 0, lag: ++lag }),
      countOf: ({ stored }) => stored,
      emit: (summary) => lags.push(summary.lag),
    });
    await pause(100);
  }
  const emitted = lags.length;
  assert(emitted > 1);
  await pause(50);
  assert.equal(lags.length, emitted, "none after it was disposed of");
});
