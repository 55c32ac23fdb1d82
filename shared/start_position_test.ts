import assert from "assert";
import { topicIdToUuid } from "./kafka/topic_id.ts";
import { decideStart, type Decision, type PartitionFacts } from "./start_position.ts";

const ID = "AAECAwQFBgcICQoLDA0ODw", UUID = topicIdToUuid(ID);
const OTHER = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** Topic ids of the partition's row, of the topic's other rows and of the topic, and the expected result. */
const IDS: [stored: string | null | undefined, others: string[], current: string | undefined, string][] = [
  [null, [], ID, "adopt"],
  [null, [UUID], ID, "adopt"],
  [null, [OTHER], ID, "recreated"],
  [null, [UUID, OTHER], ID, "recreated"],
  [UUID, [], ID, "same"],
  [UUID, [UUID], ID, "same"],
  [UUID, [OTHER], ID, "recreated"],
  [OTHER, [], ID, "recreated"],
  [OTHER, [UUID], ID, "recreated"],
  // A broker that has no topic ids.
  [null, [], undefined, "unknown"],
  [null, [OTHER], undefined, "unknown"],
  [UUID, [], undefined, "unknown"],
  [OTHER, [OTHER], undefined, "unknown"],
  // A table without the column.
  [undefined, [], ID, "unknown"],
  [undefined, [], undefined, "unknown"],
];

/** `next_offset`, low and high watermark, and the expected result. */
const OFFSETS: [next: number, low: number, high: number, string][] = [
  [0, 0, 0, "seek"],
  [5, 5, 9, "seek"],
  [7, 5, 9, "seek"],
  [9, 5, 9, "seek"],
  [9, 9, 9, "seek"],
  [4, 5, 9, "skip"],
  [0, 9, 9, "skip"],
  [10, 5, 9, "past the end"],
  [1, 0, 0, "past the end"],
];

const facts = (more: Partial<PartitionFacts>): PartitionFacts => ({
  group: "it's",
  topic: "ro'utes",
  partition: 3,
  nextOffset: 7,
  storedId: UUID,
  otherIds: [],
  currentId: ID,
  watermarks: { low: 5, high: 9 },
  ...more,
});

const errorText = (decision: Decision): string => decision.kind === "fail" ? decision.error.message : "";

Deno.test("decideStart() seeks, skips or fails as each combination of topic ids and offsets requires", () => {
  for (const [storedId, otherIds, currentId, identity] of IDS) {
    for (const [nextOffset, low, high, range] of OFFSETS) {
      const decision = decideStart(
        facts({ storedId, otherIds, currentId, nextOffset, watermarks: { low, high } }),
      );
      const message = JSON.stringify({ storedId, otherIds, currentId, nextOffset, low, high });
      const adopt = identity === "adopt";
      if (identity === "recreated" || range === "past the end") {
        assert.equal(decision.kind, "fail", message);
        assert.equal(
          /was deleted and recreated: its topic id/.test(errorText(decision)),
          identity === "recreated",
        );
      } else if (range === "skip") {
        assert.deepEqual(decision, { kind: "skip", from: nextOffset, to: low, adopt }, message);
      } else assert.deepEqual(decision, { kind: "seek", offset: nextOffset, adopt }, message);
    }
  }
});

const failure = (more: Partial<PartitionFacts>): string => errorText(decideStart(facts(more)));

Deno.test("decideStart() names both topic ids and the statements of both remedies when the topic was recreated", () => {
  const message = failure({ storedId: OTHER });
  assert.match(
    message,
    /"ro'utes" was deleted and recreated.*AAECAwQFBgcICQoLDA0ODw.*_____________________w/,
  );
  assert.match(message, /DELETE FROM consumer_progress WHERE group_id = 'it''s' AND topic = 'ro''utes'/);
  assert.match(
    message,
    /UPDATE consumer_progress SET topic_id = '00010203-0405-0607-0809-0a0b0c0d0e0f' WHERE group_id = 'it''s' AND topic = 'ro''utes';$/,
  );
});

Deno.test("decideStart() reports lost records when the topic id is the same and the topic ends before the progress", () => {
  const message = failure({ nextOffset: 12 });
  assert.match(
    message,
    /lost in Kafka: partition 3 of the topic "ro'utes" ends at offset 9, and offsets up to 11/,
  );
  assert.match(
    message,
    /SET next_offset = 9 WHERE group_id = 'it''s' AND topic = 'ro''utes' AND partition = 3;/,
  );
});

Deno.test("decideStart() names both possible causes when a topic id is unknown", () => {
  for (const ids of [{ storedId: null }, { storedId: undefined }, { currentId: undefined }]) {
    const message = failure({ nextOffset: 12, ...ids });
    assert.match(message, /recreated, or lost records in an unclean leader election: partition 3/);
    assert.match(message, /DELETE FROM consumer_progress WHERE group_id = 'it''s'/);
  }
});
