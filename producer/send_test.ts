import assert from "assert";
import type { Kafka, Message } from "kafkajs";
import type { Availability } from "../shared/observe/availability.ts";
import type { Settings } from "../shared/settings/table.ts";
import { Sender } from "./send.ts";

interface Sent {
  readonly topic: string;
  readonly records: number;
}

/** A Sender whose Kafka acknowledges when it is told to. */
function sender(settings: Partial<Settings>, send: (sent: Sent) => Promise<unknown>): Sender {
  const producer = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    send: ({ topic, messages }: { topic: string; messages: Message[] }) =>
      send({ topic, records: messages.length }),
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
    tell: () => {},
  });
}

/** Waits for something that comes without fail. */
async function until(look: () => boolean): Promise<void> {
  while (!look()) await new Promise((resolve) => setTimeout(resolve));
}

const record = (userID: number) => ({ userID, key: String(userID), value: "{}" });

Deno.test("Sender sends what waits when its buffer is full, before it has lingered and with no batch full", async () => {
  const sent: Sent[] = [];
  const sending = sender({}, (batch) => Promise.resolve(sent.push(batch)));
  sending.setPartitions("t", 6);
  for (let n = 0; n < 100; n++) sending.add("t", record(n), 0);
  sending.poll();
  assert.deepEqual(sent, []);
  await sending.below(100, AbortSignal.timeout(5_000));
  assert.ok(sending.buffered < 100, `${sending.buffered} are buffered`);
  await sending.flush();
  assert.equal(sent.reduce((sum, { records }) => sum + records, 0), 100);
});

Deno.test("Sender has one batch of a partition under way, and the next when that is acknowledged", async () => {
  const waiting: (() => void)[] = [];
  const sent: Sent[] = [];
  const sending = sender({ PRODUCER_BATCH_RECORDS: 10 }, (batch) => {
    sent.push(batch);
    return new Promise<void>((resolve) => waiting.push(resolve));
  });
  sending.setPartitions("t", 1);
  for (let n = 0; n < 25; n++) sending.add("t", record(n), n);
  assert.deepEqual(sent.map(({ records }) => records), [10]);
  const flushed = sending.flush();
  for (let n = 1; n <= 3; n++) {
    await until(() => waiting.length > 0);
    assert.equal(sent.length, n);
    waiting.shift()!();
  }
  await flushed;
  assert.deepEqual(sent.map(({ records }) => records), [10, 10, 5]);
  assert.equal(sending.buffered, 0);
});

Deno.test("Sender sends what waited for a batch under way as soon as that is acknowledged, when it has lingered", async () => {
  const waiting: (() => void)[] = [];
  const sent: Sent[] = [];
  const sending = sender({ PRODUCER_LINGER_MS: 5 }, (batch) => {
    sent.push(batch);
    return new Promise<void>((resolve) => waiting.push(resolve));
  });
  sending.setPartitions("t", 1);
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
  assert.deepEqual(sent.map(({ records }) => records), [1, 2]);
});

Deno.test("Sender.below() returns when the signal aborts", async () => {
  const sending = sender({}, () => new Promise(() => {}));
  sending.setPartitions("t", 1);
  sending.add("t", record(1), 0);
  const stop = new AbortController();
  const below = sending.below(1, stop.signal);
  stop.abort();
  await below;
  assert.equal(sending.buffered, 1);
});

Deno.test("Sender closes a batch before Kafka would find it too large", async () => {
  const sent: Sent[] = [];
  const sending = sender({}, (batch) => Promise.resolve(sent.push(batch)));
  sending.setPartitions("t", 1);
  const value = "x".repeat(100_000);
  for (let n = 0; n < 20; n++) sending.add("t", { userID: 1, key: "1", value }, 0);
  await sending.flush();
  assert.deepEqual(sent.map(({ records }) => records), [9, 9, 2]);
});
