import assert from "assert";
import { HeldResponses, recordOf, TestSender, until, userOfEachPartition } from "./sender_fixture.ts";

Deno.test("Sender.waitForCapacity() sends incomplete batches when the buffer is full", async () => {
  using test = await TestSender.start();
  const { sender } = test;
  sender.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  for (let n = 0; n < 100; n++) sender.add("t", recordOf(n), 0);
  assert.deepEqual(test.counts, []);
  await sender.waitForCapacity(99, AbortSignal.timeout(5_000));
  assert.ok(sender.buffered < 100, `${sender.buffered} records are buffered`);
  await sender.flush();
  const sent = test.counts.flatMap((counts) => Object.values(counts));
  assert.equal(sent.reduce((sum, records) => sum + records, 0), 100);
});

Deno.test("Sender.waitForCapacity() returns when the signal aborts", async () => {
  using test = await TestSender.start({}, () => new Promise(() => {}));
  const { sender } = test;
  sender.setLeaders("t", [1]);
  sender.add("t", recordOf(1), 0);
  const stop = new AbortController();
  const capacity = sender.waitForCapacity(0, stop.signal);
  stop.abort();
  await capacity;
  assert.equal(sender.buffered, 1);
});

Deno.test("Sender sends one batch of a partition at a time", async () => {
  const held = new HeldResponses();
  using test = await TestSender.start({ PRODUCER_BATCH_RECORDS: 10 }, held.respond);
  const { sender } = test;
  sender.setLeaders("t", [1]);
  for (let n = 0; n < 25; n++) sender.add("t", recordOf(n), n);
  assert.deepEqual(test.counts, [{ 0: 10 }]);
  const flushed = sender.flush();
  for (let n = 1; n <= 3; n++) {
    await until(() => test.requests.length === n);
    await held.acknowledge();
  }
  await flushed;
  assert.deepEqual(test.counts, [{ 0: 10 }, { 0: 10 }, { 0: 5 }]);
  assert.equal(sender.buffered, 0);
});

Deno.test("Sender sends an incomplete batch when it has lingered", async () => {
  using test = await TestSender.start({ PRODUCER_LINGER_MS: 20 });
  const { sender } = test;
  sender.setLeaders("t", [1]);
  const added = performance.now();
  sender.add("t", recordOf(1), 0);
  sender.add("t", recordOf(2), 0);
  assert.equal(test.requests.length, 0);
  await until(() => test.requests.length > 0);
  assert.ok(performance.now() - added >= 19);
  assert.deepEqual(test.counts, [{ 0: 2 }]);
});

Deno.test("Sender sends a batch that lingered behind one in flight when that is acknowledged", async () => {
  const held = new HeldResponses();
  using test = await TestSender.start({ PRODUCER_LINGER_MS: 5 }, held.respond);
  const { sender } = test;
  sender.setLeaders("t", [1]);
  sender.add("t", recordOf(1), 0);
  await until(() => test.requests.length === 1);
  const added = performance.now();
  sender.add("t", recordOf(2), 0);
  sender.add("t", recordOf(3), 0);
  await until(() => performance.now() > added + 10);
  assert.equal(test.requests.length, 1, "a batch is in flight");
  await held.acknowledge();
  await until(() => test.requests.length === 2);
  assert.deepEqual(test.counts, [{ 0: 1 }, { 0: 2 }]);
});

Deno.test("Sender limits the size of a batch", async () => {
  using test = await TestSender.start();
  const { sender } = test;
  sender.setLeaders("t", [1]);
  const value = "x".repeat(100_000);
  for (let n = 0; n < 20; n++) sender.add("t", { key: "1", value }, 0);
  await sender.flush();
  assert.deepEqual(test.counts, [{ 0: 9 }, { 0: 9 }, { 0: 2 }]);
});

Deno.test("Sender sends batches that are due in one request per leader", async () => {
  using test = await TestSender.start();
  const { sender } = test;
  sender.setLeaders("t", [1, 2, 1, 2, 1, 2]);
  for (const user of userOfEachPartition()) sender.add("t", recordOf(user), 0);
  await sender.flush();
  assert.deepEqual(test.counts, [{ 0: 1, 2: 1, 4: 1 }, { 1: 1, 3: 1, 5: 1 }]);
});

Deno.test("Sender sends all batches for a broker when one has lingered, and not when one is full", async () => {
  using test = await TestSender.start({ PRODUCER_LINGER_MS: 30, PRODUCER_BATCH_RECORDS: 3 });
  const { sender } = test;
  sender.setLeaders("t", [1, 2, 1, 2, 1, 2]);
  const users = userOfEachPartition();
  sender.add("t", recordOf(users[0]!), 0);
  for (let n = 0; n < 3; n++) sender.add("t", recordOf(users[2]!), 0);
  assert.deepEqual(test.counts, [{ 2: 3 }]);
  const added = performance.now();
  await until(() => performance.now() >= added + 10);
  for (const partition of [1, 4]) sender.add("t", recordOf(users[partition]!), 0);
  await until(() => test.requests.length >= 2);
  assert.deepEqual(test.counts, [{ 2: 3 }, { 0: 1, 4: 1 }]);
});

Deno.test("Sender splits a request that would be too large", async () => {
  using test = await TestSender.start();
  const { sender } = test;
  sender.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  const value = "x".repeat(400_000);
  for (const userID of userOfEachPartition()) sender.add("t", { ...recordOf(userID), value }, 0);
  await sender.flush();
  assert.deepEqual(test.counts, [{ 0: 1, 1: 1 }, { 2: 1, 3: 1 }, { 4: 1, 5: 1 }]);
});

Deno.test("Sender buffers records for a partition without a leader, and sends them when it has one", async () => {
  using test = await TestSender.start();
  const { sender, requests } = test;
  const users = userOfEachPartition();
  sender.setLeaders("t", [1, 2, undefined, 1, 2, 1]);
  for (let n = 0; n < 10; n++) for (const user of users) sender.add("t", recordOf(user), 0);
  sender.flush();
  await until(() => sender.buffered === 10);
  assert.deepEqual(requests.map(({ leader, counts }) => [leader, counts]), [
    [1, { 0: 10, 3: 10, 5: 10 }],
    [2, { 1: 10, 4: 10 }],
  ]);
  sender.setLeaders("t", [1, 2, 7, 1, 2, 1]);
  await sender.flush();
  assert.deepEqual([requests[2]!.leader, requests[2]!.counts], [7, { 2: 10 }]);
  assert.deepEqual(test.events.map(([event]) => event).filter((event) => event !== "records_sent"), [
    "leader_lost",
    "leader_elected",
  ]);
});

Deno.test("Sender emits one event when all partitions lose their leader, and one when all have one", async () => {
  using test = await TestSender.start();
  const { sender } = test;
  sender.setLeaders("t", [1, 2, 1, 2, 1, 2]);
  for (const user of userOfEachPartition()) sender.add("t", recordOf(user), 0);
  sender.setLeaders("t", Array(6).fill(undefined));
  sender.setLeaders("t", [1, 2, 1, 2, 1, 2]);
  await sender.flush();
  const events = test.events.filter(([event]) => event !== "records_sent");
  const partitions = [0, 1, 2, 3, 4, 5];
  assert.deepEqual(events.map(([event]) => event), ["leader_lost", "leader_elected"]);
  assert.deepEqual(events[0]![1], { topic: "t", partitions, buffered: 6 });
  assert.deepEqual((events[1]![1] as { partitions: number[] }).partitions, partitions);
});
