import assert from "assert";
import type { ConsumerEmit } from "./events.ts";
import { LagReporter } from "./lag_reporter.ts";
import { lag, openTransactionSeconds } from "./metrics.ts";

const at = { topic: "routes", partition: 3 };

/** A reporter with a clock, and the events that it emitted. */
function reporter() {
  const clock = { now: 0 };
  const emitted: unknown[] = [];
  const emit = ((name: string, fields: unknown) => emitted.push([name, fields])) as ConsumerEmit;
  const lagReporter = new LagReporter(emit, () => clock.now);
  const after = (seconds: number, stored: number, stable: number, high: number) => {
    clock.now = seconds * 1000;
    lagReporter.report(at, stored, { low: 0, stable, high });
    return emitted.length;
  };
  return { after, emitted, lagReporter };
}

async function valueOf(gauge: typeof lag): Promise<number | undefined> {
  return (await gauge.get()).values.find(({ labels }) => labels.partition === at.partition)?.value;
}

Deno.test("LagReporter reports lag relative to the high watermark when a transaction is open", async () => {
  const { after } = reporter();
  after(0, 91, 91, 100);
  assert.equal(await valueOf(lag), 9);
  after(1, 100, 100, 100);
  assert.equal(await valueOf(lag), 0);
  // Records were stored after the watermarks were fetched.
  after(2, 101, 100, 100);
  assert.equal(await valueOf(lag), 0);
});

Deno.test("LagReporter emits open_transaction_detected after 10 s and then every minute when a transaction stays open", async () => {
  const { after, emitted } = reporter();
  assert.equal(after(0, 91, 91, 100), 0);
  assert.equal(after(9, 91, 91, 110), 0);
  assert.equal(after(10, 91, 91, 120), 1);
  assert.deepEqual(emitted[0], ["open_transaction_detected", { ...at, stable: 91, high: 120, seconds: 10 }]);
  assert.equal(after(69, 91, 91, 120), 1);
  assert.equal(after(70, 91, 91, 120), 2);
  assert.equal(after(131, 91, 91, 120), 3);
  assert.equal(await valueOf(openTransactionSeconds), 131);
  after(132, 120, 120, 120);
  assert.equal(await valueOf(openTransactionSeconds), undefined);
  assert.equal(after(133, 120, 120, 130), 3);
});

Deno.test("LagReporter emits nothing when the last stable offset moves", async () => {
  const { after } = reporter();
  for (let second = 0; second < 60; second++) assert.equal(after(second, 0, second, 100), 0);
  assert.equal(await valueOf(openTransactionSeconds), 0);
});

Deno.test("LagReporter starts over when a partition was revoked meanwhile", () => {
  const { after, lagReporter } = reporter();
  after(0, 91, 91, 100);
  lagReporter.retain([]);
  assert.equal(after(15, 91, 91, 100), 0);
  lagReporter.retain([at]);
  assert.equal(after(25, 91, 91, 100), 1);
});
