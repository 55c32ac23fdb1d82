import assert from "assert";
import { Readings } from "./readings.ts";
import { formatDuration, formatInteger, renderLine, renderScreen, type View } from "./screen.ts";

function view(change: Partial<View> = {}, stored = 2_000, lost = 0): View {
  const readings = new Readings();
  const records = (outcome: string, value: number) => ({
    name: "consumer_records_total",
    labels: { outcome },
    value,
  });
  const produced = (value: number) => [{ name: "producer_records_sent_total", labels: {}, value }];
  const lag = { name: "consumer_lag_records", labels: {}, value: 34 };
  readings.add(0, produced(0), []);
  readings.add(2_000, produced(2_468), [
    records("stored", stored),
    records("rejected", 4),
    records("lost", lost),
    lag,
  ]);
  return { elapsed: 62_000, readings, state: "running", count: 0, backlog: 0, ...change };
}

const textOf = (view: View, width = 80) => renderScreen(view, width).map(({ text }) => text);

Deno.test("renderScreen() shows totals, rates and lag", () => {
  assert.deepEqual(textOf(view()), [
    "",
    "1:02  running",
    "",
    "                  records    records/s",
    "  produced          2,468        1,234",
    "  stored            2,000        1,000",
    "  rejected              4            2",
    "  lag                  34",
    "",
  ]);
});

Deno.test("renderScreen() shows lost records when there are some", () => {
  assert.ok(!textOf(view()).join("\n").includes("lost"));
  assert.ok(textOf(view({}, 2_000, 3)).includes("  lost                  3            2"));
});

Deno.test("renderScreen() shows the progress of a count, excluding the backlog", () => {
  const bar = (change: Partial<View>, stored?: number) =>
    textOf(view(change, stored)).find((line) => line.includes(" %"));
  // 2,000 stored and 4 rejected, at 1,002/s.
  assert.equal(bar({ count: 4_008 }), `${"█".repeat(20)}${"░".repeat(20)} 50 % of 4,008, 0:02 left`);
  assert.equal(bar({ count: 4_008, backlog: 2_004 }), `${"░".repeat(40)} 0 % of 4,008, 0:04 left`);
  assert.equal(bar({ count: 2_005 }), `${"█".repeat(40)} 99 % of 2,005, 0:00 left`);
  assert.equal(bar({ count: 2_000 }), `${"█".repeat(40)} 100 % of 2,000`);
  assert.equal(bar({ count: 0 }), undefined);
});

Deno.test("renderScreen() fits the width of the terminal", () => {
  const long = view({ count: 123_456_789, state: "stopping the producer" });
  for (const width of [120, 40, 30, 1]) {
    const lines = textOf(long, width);
    assert.deepEqual(lines.filter((line) => line.length > width), []);
  }
  assert.equal(textOf(long, 40).at(-2), "░░░░░░ 0 % of 123,456,789, 34:13:28 left");
});

Deno.test("renderScreen() emphasizes rejected and lost records when there are some", () => {
  const styles = (some: View) =>
    renderScreen(some, 80).flatMap(({ text, style }) =>
      style ? [`${text.trim().split(" ")[0]} ${style}`] : []
    );
  assert.deepEqual(styles(view({}, 2_000, 3)), [
    "1:02 bold",
    "records dim",
    "stored green",
    "rejected yellow",
    "lost red",
  ]);
});

Deno.test("renderLine() shows totals, rates, lag and progress in one line", () => {
  assert.equal(
    renderLine(view({ count: 4_008 })),
    "1:02  running, produced 2,468 (1,234/s), stored 2,000 (1,000/s), rejected 4 (2/s), lag 34, 50 % of 4,008",
  );
});

Deno.test("formatDuration() shows hours when there are some", () => {
  assert.deepEqual([0, 59_999, 61_000, 3_600_000, 36_061_000].map(formatDuration), [
    "0:00",
    "0:59",
    "1:01",
    "1:00:00",
    "10:01:01",
  ]);
});

Deno.test("formatInteger() groups thousands", () => {
  assert.deepEqual([0, 999.6, 1234567].map(formatInteger), ["0", "1,000", "1,234,567"]);
});
