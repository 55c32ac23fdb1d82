import assert from "assert";
import { PermanentError } from "../../shared/errors.ts";
import { formatGroup } from "./format_group.ts";
import { describeSeek, parseSeekTarget, type PartitionState, planSeek } from "./plan_seek.ts";

const state = (partition: number, more: Partial<PartitionState> = {}): PartitionState => ({
  topic: "routes",
  partition,
  next: 50,
  low: 10,
  high: 100,
  isRecreated: false,
  ...more,
});

const seek = (
  text: string,
  states: PartitionState[],
  partitions: number[] = [],
  at = new Map<string, number>(),
) => planSeek("g", states, parseSeekTarget(text), partitions, at).map(describeSeek);

Deno.test("planSeek() plans what is stored again or skipped when the target is a position, an offset or a time", () => {
  const states = [state(0), state(1, { next: undefined }), state(2, { next: 5 })];
  assert.deepEqual(seek("beginning", states), [
    "routes[0]: 50 → 10: up to 40 records are stored again",
    "routes[1]: 10 → 10: unchanged",
    "routes[2]: 10 → 10: unchanged",
  ]);
  assert.deepEqual(seek("end", states, [0, 1]), [
    "routes[0]: 50 → 100: up to 50 records are skipped",
    "routes[1]: 10 → 100: up to 90 records are skipped",
  ]);
  assert.deepEqual(seek("60", states, [0]), ["routes[0]: 50 → 60: up to 10 records are skipped"]);
  const at = new Map([["routes[0]", 20], ["routes[1]", -1]]);
  assert.deepEqual(seek("2026-11-30T12:00:00Z", states, [0, 1], at), [
    "routes[0]: 50 → 20: up to 30 records are stored again",
    // No record has this time or a later one.
    "routes[1]: 10 → 100: up to 90 records are skipped",
  ]);
});

Deno.test("planSeek() throws when an offset is out of range, a partition does not exist, or the topic was recreated", () => {
  const failures: [text: string, states: PartitionState[], partitions: number[], message: RegExp][] = [
    ["101", [state(0)], [], /routes\[0\] has the offsets 10 to 100, not 101\. Set an offset/],
    ["9", [state(0)], [], /routes\[0\] has the offsets 10 to 100, not 9\./],
    ["end", [state(0)], [3], /there is no partition 3\./],
    [
      "end",
      [state(0, { isRecreated: true })],
      [],
      /routes was deleted and recreated .*DELETE FROM consumer_progress/,
    ],
  ];
  for (const [text, states, partitions, message] of failures) {
    assert.throws(() => seek(text, states, partitions), (error: Error) => {
      assert(error instanceof PermanentError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("parseSeekTarget() accepts a time only with its time zone", () => {
  assert.deepEqual(parseSeekTarget("2026-11-30T12:00:00+01:00"), { kind: "time", ms: 1_796_036_400_000 });
  for (const text of ["2026-11-30T12:00:00", "2026-11-30", "start", "-1", "1.5", "2026-13-30T12:00:00Z"]) {
    assert.throws(
      () => parseSeekTarget(text),
      /PROGRESS_SEEK is not a position: ".*"\. Set beginning, end,/,
      text,
    );
  }
});

Deno.test("formatGroup() shows progress, lag and owner of each partition", () => {
  const members = [{ id: "consumer-1", host: "10.0.0.7", partitions: new Set(["routes[0]"]) }];
  const partitions = [state(0), state(1, { next: undefined }), state(2, { next: 5, isRecreated: true })];
  assert.equal(
    formatGroup({ group: "g", members, partitions }),
    [
      "Group g, 1 member",
      "partition        next offset  end offset  lag  owner",
      "routes[0]                 50         100   50  consumer-1 (10.0.0.7)",
      "routes[1]                  –         100   90  none",
      "routes[2]  (topic recreated)         100    ?  none",
    ].join("\n"),
  );
});
