import assert from "assert";
import { type RejectedByDatabase, RejectionLog } from "./rejection_log.ts";

Deno.test("RejectionLog reports the first record immediately and thousands of others in a few lines", () => {
  const lines: RejectedByDatabase[] = [];
  let now = 0;
  const log = new RejectionLog((line) => lines.push(line), () => now);
  // 100,000 records in 20 s.
  for (let offset = 0; offset < 100_000; offset++) {
    log.add({ topic: "routes", partition: 0 }, offset, `text ${offset}`);
    log.flush();
    now += 0.2;
  }
  log.add({ topic: "routes", partition: 1 }, 7, "other");
  log.flush(true);
  log.flush(true);
  assert.deepEqual(lines[0], {
    topic: "routes",
    partition: 0,
    count: 1,
    examples: [{ offset: 0, text: "text 0" }],
  });
  assert.deepEqual(lines[1]!.examples.map(({ offset }) => offset), [1, 2, 3]);
  assert(lines.length < 8, `${lines.length} lines`);
  assert.equal(lines.reduce((sum, { count }) => sum + count, 0), 100_001);
  assert.deepEqual(lines.at(-1), {
    topic: "routes",
    partition: 1,
    count: 1,
    examples: [{ offset: 7, text: "other" }],
  });
});
