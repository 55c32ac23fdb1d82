import assert from "assert";
import { CorruptBatchError, TooLargeError } from "../../shared/kafka/records/corrupt_batch.ts";
import { unreadableBatch } from "./unreadable_batch.ts";

const at = { topic: "team's.routes", partition: 3 };

Deno.test("unreadableBatch() names the partition, the offset, the reason and the statement that skips the batch", () => {
  const { message } = unreadableBatch(
    at,
    "g",
    1_005,
    new CorruptBatchError("Its CRC is wrong", 1_000, 1_019),
  );
  assert.match(
    message,
    /^Cannot read team's\.routes\[3\] at offset 1005: .* at offset 1000 .*: Its CRC is wrong\. /,
  );
  assert.match(message, /kafka-dump-log/);
  assert.ok(
    message.endsWith(
      "UPDATE consumer_progress SET next_offset = 1020 WHERE group_id = 'g' AND topic = 'team''s.routes' AND partition = 3;",
    ),
  );
});

Deno.test("unreadableBatch() names the setting when the batch is too large", () => {
  const error = new CorruptBatchError("too large", 5, 9, { cause: new TooLargeError(1_000) });
  assert.match(unreadableBatch(at, "g", 5, error).message, /Increase CONSUMER_DECOMPRESSED_BATCH_MAX_BYTES/);
});

Deno.test("unreadableBatch() skips at least one offset when the batch's header is corrupt", () => {
  const error = new CorruptBatchError("Its CRC is wrong", -7, -7);
  assert.match(unreadableBatch(at, "g", 1_005, error).message, /next_offset = 1006 /);
});
