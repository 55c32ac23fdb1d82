import assert from "assert";
import {
  BLOCKS_MAX,
  OVERLAP_BLOCKS,
  selectBlocks,
  selectUpdatedBlocks,
  spread,
  UPDATED_BLOCKS_MAX,
} from "./blocks.ts";

Deno.test("selectBlocks() selects all new blocks and an overlap when they are few", () => {
  const { blocks, sampled } = selectBlocks(100, 100, 104);
  assert.deepEqual(blocks, Array.from({ length: OVERLAP_BLOCKS + 4 }, (_, i) => 100 - OVERLAP_BLOCKS + i));
  assert.equal(sampled, false);
});

Deno.test("selectBlocks() starts at block 0 when the table is small, and selects none when it is empty", () => {
  assert.deepEqual(selectBlocks(0, 0, 2).blocks, [0, 1]);
  assert.deepEqual(selectBlocks(0, 0, 0).blocks, []);
});

Deno.test("selectBlocks() spreads a bounded number of blocks over two polls when they are many", () => {
  const { blocks, sampled } = selectBlocks(1_000, 3_000, 5_000);
  assert.equal(blocks.length, BLOCKS_MAX);
  assert.equal(sampled, true);
  assert.ok(blocks[0]! >= 1_000 && blocks[0]! < 1_100);
  assert.equal(blocks.at(-1), 4_999);
  assert.equal(new Set(blocks).size, BLOCKS_MAX);
});

Deno.test("spread() returns all blocks when there are at most count", () => {
  assert.deepEqual(spread(3, 6, 5), [3, 4, 5]);
  assert.deepEqual(spread(0, 10, 2), [4, 9]);
});

Deno.test("selectUpdatedBlocks() selects all blocks of a small table, and every block of a large one once in some polls", () => {
  assert.deepEqual(selectUpdatedBlocks(3, 7), { blocks: [0, 1, 2], sampled: false });
  assert.deepEqual(selectUpdatedBlocks(0, 0).blocks, []);
  const polls = Array.from({ length: 8 }, (_, poll) => selectUpdatedBlocks(1_000, poll));
  assert.ok(polls.every(({ blocks, sampled }) => sampled && blocks.length <= UPDATED_BLOCKS_MAX));
  assert.deepEqual(
    polls.flatMap(({ blocks }) => blocks).sort((a, b) => a - b),
    Array.from({ length: 1_000 }, (_, i) => i),
  );
});
