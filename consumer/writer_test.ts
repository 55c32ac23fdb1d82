import assert from "assert";
import { loadStreams } from "../shared/streams.ts";
import type { Database } from "./database.ts";
import { emptySegment } from "./segment.ts";
import { Writer } from "./writer.ts";

const [routes] = await loadStreams(["routes"]);

Deno.test("Writer stores what comes in one turn of the event loop in one transaction, in however many steps it comes", async () => {
  const transactions: string[] = [];
  const database = {
    run: (action: string) => {
      transactions.push(action);
      return Promise.resolve();
    },
  };
  const stored: (readonly [partition: number, next: number])[] = [];
  const writer = new Writer(database as unknown as Database, {
    group: "g",
    batchBytes: 1_000,
    tell: () => {},
    isCurrent: () => true,
    onStored: ({ partition }, next) => stored.push([partition, next]),
    onFenced: () => assert.fail("nothing is fenced"),
  });
  // kafkajs hands over the partitions of a fetch one after another, with promises in between.
  for (let partition = 0; partition < 6; partition++) {
    for (let step = 0; step < 50; step++) await Promise.resolve();
    writer.add(emptySegment(routes!, partition, 0, 1 + partition));
  }
  await writer.idle();
  assert.equal(transactions.length, 1);
  assert.deepEqual(stored, [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6]]);
});
