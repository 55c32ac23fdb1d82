import assert from "assert";
import type { ProduceClient, ProduceRequest } from "../shared/kafka/produce_client.ts";
import { RecordReader } from "../shared/kafka/records/record_writer.ts";
import type { Availability } from "../shared/observe/availability.ts";
import type { Settings } from "../shared/settings/table.ts";
import { KeyPartitioner } from "./partitioner.ts";
import { Sender } from "./sender.ts";

/** As Kafka tells that it has lost count of a producer's batches. */
const LOST = Object.assign(new Error("lost count"), { type: "UNKNOWN_PRODUCER_ID", retriable: false });
const CLOSED = Object.assign(new Error("Closed connection"), { name: "KafkaJSConnectionClosedError" });

/** A request: how many records it has of each partition. */
type Sent = Readonly<Record<number, number>>;

type Produce = ProduceClient["produce"];

/** A Sender whose Kafka answers as it is told to. */
function senderTo(
  settings: Partial<Settings>,
  produce: Produce,
  tell: (event: string, fields: unknown) => void = () => {},
  more: Partial<ProduceClient> = {},
): Sender {
  let identities = 0;
  const availability = { up: () => {}, down: () => {} };
  return new Sender({
    client: {
      initProducerId: () => Promise.resolve({ producerId: `id ${++identities}`, producerEpoch: 0 }),
      fetchTopics: () => Promise.resolve([]),
      produce,
      ...more,
    },
    topics: ["t"],
    settings: {
      PRODUCER_COMPRESSION: "none",
      PRODUCER_BATCH_RECORDS: 2_000,
      PRODUCER_BUFFER_RECORDS: 50_000,
      PRODUCER_LINGER_MS: 60_000,
      ...settings,
    } as Settings,
    availability: availability as unknown as Availability,
    tell,
  });
}

const sentOf = ({ batches }: ProduceRequest): Sent =>
  Object.fromEntries(batches.map(({ partition, records }) => [partition, records.count]));

const stored = ({ batches }: ProduceRequest) =>
  new Map<number, Error | undefined>(batches.map(({ partition }) => [partition, undefined]));

/** A started Sender whose Kafka acknowledges, all or some partitions, when it is told to. */
async function sender(
  settings: Partial<Settings>,
  send: (sent: Sent) => Promise<readonly number[] | void>,
): Promise<Sender> {
  const sending = senderTo(settings, async (_, request) => {
    const acknowledged = await send(sentOf(request));
    const results = stored(request);
    return acknowledged ? new Map(acknowledged.map((partition) => [partition, undefined])) : results;
  });
  await sending.start();
  return sending;
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
  using sending = await sender({}, (batch) => Promise.resolve(void sent.push(batch)));
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
  using sending = await sender({ PRODUCER_BATCH_RECORDS: 10 }, (batch) => {
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
  using sending = await sender({ PRODUCER_LINGER_MS: 5 }, (batch) => {
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
  using sending = await sender({}, () => new Promise(() => {}));
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
  using sending = await sender({}, (batch) => Promise.resolve(void sent.push(batch)));
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
  using sending = await sender({}, (batch) => Promise.resolve(void sent.push(batch)));
  sending.setLeaders("t", [1, 2, 1, 2, 1, 2]);
  for (const user of userOfEach()) sending.add("t", record(user), 0);
  await sending.flush();
  assert.deepEqual(sent, [{ 0: 1, 2: 1, 4: 1 }, { 1: 1, 3: 1, 5: 1 }]);
});

Deno.test("Sender sends what waits for a broker with what has lingered, and not with what is full", async () => {
  const sent: Sent[] = [];
  using sending = await sender(
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
  using sending = await sender({}, (batch) => Promise.resolve(void sent.push(batch)));
  sending.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  const value = "x".repeat(400_000);
  for (const userID of userOfEach()) sending.add("t", { ...record(userID), value }, 0);
  await sending.flush();
  assert.deepEqual(sent, [{ 0: 1, 1: 1 }, { 2: 1, 3: 1 }, { 4: 1, 5: 1 }]);
});

Deno.test("Sender sends a partition again, and no other, when the answer does not tell of it", async () => {
  const sent: Sent[] = [];
  using sending = await sender({}, (batch) => {
    sent.push(batch);
    return Promise.resolve(sent.length === 1 ? [0, 1, 2, 4, 5] : undefined);
  });
  sending.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  for (const user of userOfEach()) sending.add("t", record(user), 0);
  await sending.flush();
  assert.deepEqual(sent, [{ 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 }, { 3: 1 }]);
  assert.equal(sending.buffered, 0);
});

/** A started Sender, with the requests that it makes: leader, identity, and first sequence numbers by partition. */
async function recording(
  settings: Partial<Settings>,
  answer: (request: ProduceRequest, count: number, leader: number) => ReturnType<Produce> | undefined,
  more: Partial<ProduceClient> = {},
) {
  const requests: { leader: number; id: string; sequences: Sent; sent: Sent }[] = [];
  const told: [event: string, fields: unknown][] = [];
  const sending = senderTo(
    settings,
    async (leader, request) => {
      requests.push({
        leader,
        id: request.identity.producerId,
        sequences: Object.fromEntries(
          request.batches.map(({ partition, sequence }) => [partition, sequence]),
        ),
        sent: sentOf(request),
      });
      return await (answer(request, requests.length, leader) ?? stored(request));
    },
    (event, fields) => told.push([event, fields]),
    more,
  );
  await sending.start();
  return { sending, requests, told, [Symbol.dispose]: () => sending[Symbol.dispose]() };
}

Deno.test("Sender begins anew for the partition for which Kafka has lost count, and for no other's batch", async () => {
  using recorded = await recording({}, (request, count) => {
    if (count > 1) return undefined;
    return Promise.resolve(new Map([...stored(request), [3, LOST]]));
  });
  const { sending, requests, told } = recorded;
  sending.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  for (const user of userOfEach()) sending.add("t", record(user), 0);
  await sending.flush();
  for (const user of userOfEach()) sending.add("t", record(user), 0);
  await sending.flush();
  const all = { 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 };
  const zeros = { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 };
  assert.deepEqual(requests, [
    { leader: 1, id: "id 1", sent: all, sequences: zeros },
    { leader: 1, id: "id 2", sent: { 3: 1 }, sequences: { 3: 0 } },
    { leader: 1, id: "id 2", sent: all, sequences: { ...zeros, 3: 1 } },
  ]);
  // The batch was refused at its first attempt: it is not stored.
  assert.deepEqual(told.filter(([event]) => event === "renewed").map(([, fields]) => fields), [
    { why: "Cannot send to t[3]: lost count", unknown: 0 },
  ]);
});

Deno.test("Sender never uses an identity again with sequence number 0 when Kafka gives no new one at first", async () => {
  let identities = 0;
  using recorded = await recording(
    {},
    (request, count) =>
      count === 2 || count === 3 ? Promise.resolve(new Map([...stored(request), [0, LOST]])) : undefined,
    {
      initProducerId: () =>
        ++identities === 2
          ? Promise.reject(CLOSED)
          : Promise.resolve({ producerId: `id ${identities}`, producerEpoch: 0 }),
    },
  );
  const { sending, requests } = recorded;
  sending.setLeaders("t", [1]);
  for (let n = 0; n < 2; n++) {
    sending.add("t", record(1), 0);
    await sending.flush();
  }
  assert.deepEqual(requests.map(({ id, sequences }) => [id, sequences[0]]), [
    ["id 1", 0],
    ["id 1", 1],
    ["id 1", 1],
    ["id 3", 0],
  ]);
});

Deno.test("Sender repeats a batch with its identity and sequence number when the answer is lost, and keeps the order", async () => {
  const seen: string[] = [];
  using recorded = await recording({ PRODUCER_BATCH_RECORDS: 2, PRODUCER_LINGER_MS: 0 }, (request, count) => {
    if (count === 2 || count === 3) return Promise.reject(CLOSED);
    for (const { records } of request.batches) {
      const reader = new RecordReader();
      reader.reset(records.bytes);
      for (let n = 0; n < records.count; n++) {
        reader.next();
        seen.push(reader.value()!.toString());
      }
    }
    return undefined;
  });
  const { sending, requests } = recorded;
  sending.setLeaders("t", [1]);
  for (let n = 0; n < 3; n++) sending.add("t", { ...record(1), value: String(n) }, 0);
  sending.poll(true);
  await until(() => requests.length >= 2);
  // While the batch of one record waits to be sent again: it must not grow, or Kafka would take it for the one that it has.
  for (let n = 3; n < 8; n++) sending.add("t", { ...record(1), value: String(n) }, 0);
  await sending.flush();
  assert.deepEqual(seen, ["0", "1", "2", "3", "4", "5", "6", "7"]);
  assert.deepEqual(requests.slice(0, 5).map(({ id, sequences, sent }) => [id, sequences[0], sent[0]]), [
    ["id 1", 0, 2],
    ["id 1", 2, 1],
    ["id 1", 2, 1],
    ["id 1", 2, 1],
    ["id 1", 3, 2],
  ]);
});

Deno.test("Sender holds records for a partition without a leader, and sends the others, and all when there is a leader again", async () => {
  using recorded = await recording({}, () => undefined);
  const { sending, requests, told } = recorded;
  const users = userOfEach();
  sending.setLeaders("t", [1, 2, undefined, 1, 2, 1]);
  for (let n = 0; n < 10; n++) for (const user of users) sending.add("t", record(user), 0);
  sending.poll(true);
  await until(() => sending.buffered === 10);
  assert.deepEqual(requests.map(({ leader, sent }) => [leader, sent]), [
    [1, { 0: 10, 3: 10, 5: 10 }],
    [2, { 1: 10, 4: 10 }],
  ]);
  sending.setLeaders("t", [1, 2, 7, 1, 2, 1]);
  await sending.flush();
  assert.deepEqual([requests[2]!.leader, requests[2]!.sent], [7, { 2: 10 }]);
  assert.deepEqual(told.map(([event]) => event).filter((event) => event !== "sent"), ["leaderless", "led"]);
});

Deno.test("PartitionQueues.accepts() gives partitions that are stuck a quarter of the buffer together, and the others all of it", async () => {
  using recorded = await recording({ PRODUCER_BUFFER_RECORDS: 100 }, () => undefined);
  const { sending, told } = recorded;
  const users = userOfEach();
  const take = (user: number) => {
    const { userID, key } = record(user);
    if (!sending.queues.accepts("t", key)) return false;
    sending.add("t", { userID, key, value: "{}" }, 0);
    return true;
  };
  sending.setLeaders("t", [1, 1, undefined, undefined, 1, 1]);
  assert.ok(sending.queues.isPartlyStuck);
  const taken = [0, 0, 0, 0, 0, 0];
  for (let n = 0; n < 30; n++) users.forEach((user, partition) => taken[partition]! += take(user) ? 1 : 0);
  assert.deepEqual(taken, [30, 30, 13, 12, 30, 30]);
  assert.equal(told.filter(([event]) => event === "withheld").length, 2, "each partition is logged once");
  // When none can be sent to, the buffer is everybody's, as it is while Kafka is away.
  sending.setLeaders("t", [undefined, undefined, undefined, undefined, undefined, undefined]);
  assert.ok(!sending.queues.isPartlyStuck && take(users[2]!));
  sending.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  assert.ok(!sending.queues.isPartlyStuck);
  await sending.flush();
});

Deno.test("PartitionQueues.accepts() counts a partition as stuck while its requests fail", async () => {
  let fails = true;
  using recorded = await recording(
    { PRODUCER_BUFFER_RECORDS: 8 },
    (request) =>
      fails && request.batches.some(({ partition }) => partition === 1) ? Promise.reject(CLOSED) : undefined,
  );
  const { sending } = recorded;
  const users = userOfEach();
  sending.setLeaders("t", [1, 2, 1, 1, 1, 1]);
  const { key } = record(users[1]!);
  sending.add("t", record(users[1]!), 0);
  sending.add("t", record(users[1]!), 0);
  assert.ok(sending.queues.accepts("t", key));
  sending.poll(true);
  await until(() => !sending.queues.accepts("t", key));
  fails = false;
  await sending.flush();
  assert.ok(sending.queues.accepts("t", key));
});

Deno.test("Sender fetches the leaders again soon after a request failed", async () => {
  let leader = 1;
  const fetched: number[] = [];
  using recorded = await recording(
    { PRODUCER_LINGER_MS: 0 },
    (_request, _count, asked) => {
      if (asked === 2) return undefined;
      leader = 2;
      return Promise.reject(Object.assign(new Error("moved"), { type: "NOT_LEADER_FOR_PARTITION" }));
    },
    {
      fetchTopics: () => {
        fetched.push(leader);
        const partitions = [{ partition: 0, leader, error: undefined }];
        return Promise.resolve([{ name: "t", id: undefined, error: undefined, partitions }]);
      },
    },
  );
  const { sending, requests } = recorded;
  sending.add("t", record(1), 0);
  sending.poll();
  await until(() => fetched.includes(2));
  await sending.flush();
  assert.ok(requests.some((request) => request.leader === 2), JSON.stringify(requests));
});
