import assert from "assert";
import type { Kafka, Message } from "kafkajs";
import type { Availability } from "../shared/observe/availability.ts";
import type { Settings } from "../shared/settings/table.ts";
import { KeyPartitioner } from "./partition.ts";
import { Sender } from "./send.ts";

/** As kafkajs tells that Kafka has lost count of a producer's batches. */
const LOST = Object.assign(new Error("lost count"), { type: "UNKNOWN_PRODUCER_ID", retriable: false });

/** A request: how many records it has of each partition. */
type Sent = Readonly<Record<number, number>>;

/** A Sender whose Kafka acknowledges, all or some partitions, when it is told to. */
function sender(
  settings: Partial<Settings>,
  send: (sent: Sent) => Promise<readonly number[] | void>,
  tell: (event: string, fields: unknown) => void = () => {},
): Sender {
  const producer = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    send: async ({ topic, messages }: { topic: string; messages: Message[] }) => {
      const grouped: Record<number, Message[]> = messages.reduce(() => ({}), {});
      const sent = Object.fromEntries(Object.entries(grouped).map(([p, { length }]) => [p, length]));
      const acknowledged = await send(sent) ?? Object.keys(sent).map(Number);
      return acknowledged.map((partition) => ({ topicName: topic, partition, errorCode: 0 }));
    },
  };
  const availability = { up: () => {}, down: () => {} };
  return new Sender({
    kafka: { producer: () => producer } as unknown as Kafka,
    settings: {
      PRODUCER_COMPRESSION: "none",
      PRODUCER_BATCH_RECORDS: 2_000,
      PRODUCER_LINGER_MS: 60_000,
      ...settings,
    } as Settings,
    availability: availability as unknown as Availability,
    tell,
  });
}

const recordsOf = (sent: readonly Sent[]) =>
  sent.flatMap((request) => Object.values(request)).reduce((sum, records) => sum + records, 0);

/** Waits for something that comes without fail. */
async function until(look: () => boolean): Promise<void> {
  while (!look()) await new Promise((resolve) => setTimeout(resolve));
}

const record = (userID: number) => ({ userID, key: String(userID), value: "{}" });

Deno.test("Sender sends what waits when its buffer is full, before it has lingered and with no batch full", async () => {
  const sent: Sent[] = [];
  const sending = sender({}, (batch) => Promise.resolve(void sent.push(batch)));
  sending.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  for (let n = 0; n < 100; n++) sending.add("t", record(n), 0);
  sending.poll();
  assert.deepEqual(sent, []);
  await sending.below(100, AbortSignal.timeout(5_000));
  assert.ok(sending.buffered < 100, `${sending.buffered} are buffered`);
  await sending.flush();
  assert.equal(recordsOf(sent), 100);
});

Deno.test("Sender has one batch of a partition under way, and the next when that is acknowledged", async () => {
  const waiting: (() => void)[] = [];
  const sent: Sent[] = [];
  const sending = sender({ PRODUCER_BATCH_RECORDS: 10 }, (batch) => {
    sent.push(batch);
    return new Promise<void>((resolve) => waiting.push(resolve));
  });
  sending.setLeaders("t", [1]);
  for (let n = 0; n < 25; n++) sending.add("t", record(n), n);
  assert.deepEqual(sent, [{ 0: 10 }]);
  const flushed = sending.flush();
  for (let n = 1; n <= 3; n++) {
    await until(() => waiting.length > 0);
    assert.equal(sent.length, n);
    waiting.shift()!();
  }
  await flushed;
  assert.deepEqual(sent, [{ 0: 10 }, { 0: 10 }, { 0: 5 }]);
  assert.equal(sending.buffered, 0);
});

Deno.test("Sender sends what waited for a batch under way as soon as that is acknowledged, when it has lingered", async () => {
  const waiting: (() => void)[] = [];
  const sent: Sent[] = [];
  const sending = sender({ PRODUCER_LINGER_MS: 5 }, (batch) => {
    sent.push(batch);
    return new Promise<void>((resolve) => waiting.push(resolve));
  });
  sending.setLeaders("t", [1]);
  assert.equal(sending.dueIn(), Infinity);
  sending.add("t", record(1), 0);
  assert.ok(sending.dueIn() <= 5);
  await until(() => sending.dueIn() === 0);
  assert.equal(sent.length, 0);
  sending.poll();
  const added = performance.now();
  sending.add("t", record(2), 0);
  sending.add("t", record(3), 0);
  assert.equal(sending.dueIn(), Infinity, "a batch is under way");
  await until(() => performance.now() > added + 5);
  waiting.shift()!();
  // Without a poll in between.
  await until(() => sent.length === 2);
  assert.deepEqual(sent, [{ 0: 1 }, { 0: 2 }]);
});

Deno.test("Sender.below() returns when the signal aborts", async () => {
  const sending = sender({}, () => new Promise(() => {}));
  sending.setLeaders("t", [1]);
  sending.add("t", record(1), 0);
  const stop = new AbortController();
  const below = sending.below(1, stop.signal);
  stop.abort();
  await below;
  assert.equal(sending.buffered, 1);
});

Deno.test("Sender closes a batch before Kafka would find it too large", async () => {
  const sent: Sent[] = [];
  const sending = sender({}, (batch) => Promise.resolve(void sent.push(batch)));
  sending.setLeaders("t", [1]);
  const value = "x".repeat(100_000);
  for (let n = 0; n < 20; n++) sending.add("t", { userID: 1, key: "1", value }, 0);
  await sending.flush();
  assert.deepEqual(sent, [{ 0: 9 }, { 0: 9 }, { 0: 2 }]);
});

/** Users of a Sender with six partitions, one for each of the partitions. */
function userOfEach(): number[] {
  const partitioner = new KeyPartitioner("t");
  partitioner.partitions = 6;
  const users: number[] = [];
  for (let user = 0; users.filter((u) => u !== undefined).length < 6; user++) {
    users[partitioner.partitionOf(String(user))] ??= user;
  }
  return users;
}

Deno.test("Sender sends the batches that are due in one request for each leader", async () => {
  const sent: Sent[] = [];
  const sending = sender({}, (batch) => Promise.resolve(void sent.push(batch)));
  sending.setLeaders("t", [1, 2, 1, 2, 1, 2]);
  for (const user of userOfEach()) sending.add("t", record(user), 0);
  await sending.flush();
  assert.deepEqual(sent, [{ 0: 1, 2: 1, 4: 1 }, { 1: 1, 3: 1, 5: 1 }]);
});

Deno.test("Sender sends what waits for a broker with what has lingered, and not with what is full", async () => {
  const sent: Sent[] = [];
  const sending = sender(
    { PRODUCER_LINGER_MS: 20, PRODUCER_BATCH_RECORDS: 3 },
    (batch) => Promise.resolve(void sent.push(batch)),
  );
  sending.setLeaders("t", [1, 2, 1, 2, 1, 2]);
  const users = userOfEach();
  sending.add("t", record(users[0]!), 0);
  for (let n = 0; n < 3; n++) sending.add("t", record(users[2]!), 0);
  assert.deepEqual(sent, [{ 2: 3 }]);
  await until(() => sending.dueIn() === 0);
  for (const partition of [1, 4]) sending.add("t", record(users[partition]!), 0);
  sending.poll();
  assert.deepEqual(sent, [{ 2: 3 }, { 0: 1, 4: 1 }]);
});

Deno.test("Sender sends several requests when one would be too large", async () => {
  const sent: Sent[] = [];
  const sending = sender({}, (batch) => Promise.resolve(void sent.push(batch)));
  sending.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  const value = "x".repeat(400_000);
  for (const userID of userOfEach()) sending.add("t", { ...record(userID), value }, 0);
  await sending.flush();
  assert.deepEqual(sent, [{ 0: 1, 1: 1 }, { 2: 1, 3: 1 }, { 4: 1, 5: 1 }]);
});

Deno.test("Sender sends a partition again, and no other, when the answer does not tell of it", async () => {
  const sent: Sent[] = [];
  const sending = sender({}, (batch) => {
    sent.push(batch);
    return Promise.resolve(sent.length === 1 ? [0, 1, 2, 4, 5] : undefined);
  });
  sending.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  for (const user of userOfEach()) sending.add("t", record(user), 0);
  await sending.flush();
  assert.deepEqual(sent, [{ 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 }, { 3: 1 }]);
  assert.equal(sending.buffered, 0);
});

Deno.test("Sender sends each partition by itself when a request of several fails, and begins anew for the one that fails", async () => {
  const sent: Sent[] = [], told: unknown[] = [];
  const sending = sender(
    {},
    (batch) => {
      sent.push(batch);
      const lost = 3 in batch && sent.filter((request) => 3 in request).length < 3;
      return lost ? Promise.reject(LOST) : Promise.resolve();
    },
    (event, fields) => event === "renewed" && told.push(fields),
  );
  sending.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  for (const user of userOfEach()) sending.add("t", record(user), 0);
  await sending.flush();
  const alone = [0, 1, 2, 3, 4, 5].map((partition) => ({ [partition]: 1 }));
  assert.deepEqual(sent, [{ 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 }, ...alone, { 3: 1 }]);
  assert.equal(told.length, 1);
});
