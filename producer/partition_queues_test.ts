import assert from "assert";
import { CONNECTION_CLOSED, recordOf, TestSender, until, userOfEachPartition } from "./sender_fixture.ts";

Deno.test("PartitionQueues.accepts() limits stuck partitions to a quarter of the buffer while others are not stuck", async () => {
  using test = await TestSender.start({ PRODUCER_BUFFER_RECORDS: 100 });
  const { sender } = test;
  const users = userOfEachPartition();
  const tryAdd = (user: number) => {
    const record = recordOf(user);
    if (!sender.queues.accepts("t", record.key)) return false;
    sender.add("t", record, 0);
    return true;
  };
  sender.setLeaders("t", [1, 1, undefined, undefined, 1, 1]);
  assert.ok(sender.queues.isPartlyStuck);
  const added = [0, 0, 0, 0, 0, 0];
  for (let n = 0; n < 30; n++) users.forEach((user, partition) => added[partition]! += tryAdd(user) ? 1 : 0);
  assert.deepEqual(added, [30, 30, 13, 12, 30, 30]);
  const withheld = test.events.filter(([event]) => event === "records_withheld");
  assert.equal(withheld.length, 2, "each partition is logged once");
  // If all are stuck, as while Kafka is unavailable, there is no limit.
  sender.setLeaders("t", [undefined, undefined, undefined, undefined, undefined, undefined]);
  assert.ok(!sender.queues.isPartlyStuck && tryAdd(users[2]!));
  sender.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  assert.ok(!sender.queues.isPartlyStuck);
  await sender.flush();
});

Deno.test("PartitionQueues.accepts() counts a partition as stuck while its requests fail", async () => {
  let isFailing = true;
  using test = await TestSender.start(
    { PRODUCER_BUFFER_RECORDS: 8 },
    (request) =>
      isFailing && request.batches.some(({ partition }) => partition === 1)
        ? Promise.reject(CONNECTION_CLOSED)
        : undefined,
  );
  const { sender } = test;
  const { key, value } = recordOf(userOfEachPartition()[1]!);
  sender.setLeaders("t", [1, 2, 1, 1, 1, 1]);
  for (let n = 0; n < 2; n++) sender.add("t", { key, value }, 0);
  assert.ok(sender.queues.accepts("t", key));
  const flushed = sender.flush();
  await until(() => !sender.queues.accepts("t", key));
  isFailing = false;
  await flushed;
  assert.ok(sender.queues.accepts("t", key));
});

Deno.test("PartitionQueues.of() uses all partitions in turn for records without a key, except stuck ones", async () => {
  using test = await TestSender.start();
  const { queues } = test.sender;
  const partitions = () => Array.from({ length: 12 }, () => queues.of("t", null).partition).sort();
  test.sender.setLeaders("t", [1, 1, 1]);
  assert.deepEqual(partitions(), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  test.sender.setLeaders("t", [1, undefined, 1]);
  assert.ok(queues.accepts("t", null) && !partitions().includes(1));
  test.sender.setLeaders("t", [undefined, undefined, undefined]);
  assert.ok(partitions().every((partition) => partition < 3));
});
