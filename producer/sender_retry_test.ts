import assert from "assert";
import { RecordReader } from "../shared/kafka/records/record_reader.ts";
import {
  acknowledged,
  CONNECTION_CLOSED,
  recordOf,
  TestSender,
  until,
  userOfEachPartition,
} from "./sender_fixture.ts";

/** Kafka's error if it has lost the producer's state. */
const STATE_LOST = Object.assign(new Error("state lost"), { type: "UNKNOWN_PRODUCER_ID", retriable: false });

Deno.test("Sender resends only the partition that the response does not contain", async () => {
  using test = await TestSender.start({}, (request, count) => {
    const results = acknowledged(request);
    if (count === 1) results.delete(3);
    return Promise.resolve(results);
  });
  const { sender } = test;
  sender.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  for (const user of userOfEachPartition()) sender.add("t", recordOf(user), 0);
  await sender.flush();
  assert.deepEqual(test.counts, [{ 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 }, { 3: 1 }]);
  assert.equal(sender.buffered, 0);
});

Deno.test("Sender requests a new identity when Kafka has lost the state of one partition, and restarts only its sequence", async () => {
  using test = await TestSender.start(
    {},
    (request, count) =>
      count > 1 ? undefined : Promise.resolve(new Map([...acknowledged(request), [3, STATE_LOST]])),
  );
  const { sender } = test;
  sender.setLeaders("t", [1, 1, 1, 1, 1, 1]);
  for (const user of userOfEachPartition()) sender.add("t", recordOf(user), 0);
  await sender.flush();
  for (const user of userOfEachPartition()) sender.add("t", recordOf(user), 0);
  await sender.flush();
  const ones = { 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 };
  const zeros = { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 };
  assert.deepEqual(test.requests, [
    { leader: 1, id: "id 1", counts: ones, sequences: zeros },
    { leader: 1, id: "id 2", counts: { 3: 1 }, sequences: { 3: 0 } },
    { leader: 1, id: "id 2", counts: ones, sequences: { ...zeros, 3: 1 } },
  ]);
  // The broker rejected the first attempt, so that the batch is not stored.
  const events = test.events.filter(([event]) => event === "producer_reinitialized");
  assert.deepEqual(events.map(([, fields]) => fields), [
    { reason: "Cannot send to t[3]: state lost", resent: 0 },
  ]);
});

Deno.test("Sender never restarts the sequence of the same identity when a new identity is not available at first", async () => {
  let identities = 0;
  using test = await TestSender.start(
    {},
    (request, count) =>
      count === 2 || count === 3
        ? Promise.resolve(new Map([...acknowledged(request), [0, STATE_LOST]]))
        : undefined,
    {
      initProducerId: () =>
        ++identities === 2
          ? Promise.reject(CONNECTION_CLOSED)
          : Promise.resolve({ producerId: `id ${identities}`, producerEpoch: 0 }),
    },
  );
  const { sender, requests } = test;
  sender.setLeaders("t", [1]);
  for (let n = 0; n < 2; n++) {
    sender.add("t", recordOf(1), 0);
    await sender.flush();
  }
  assert.deepEqual(requests.map(({ id, sequences }) => [id, sequences[0]]), [
    ["id 1", 0],
    ["id 1", 1],
    ["id 1", 1],
    ["id 3", 0],
  ]);
});

Deno.test("Sender resends a batch unchanged, with its identity and sequence number, when the response is lost", async () => {
  const seen: string[] = [];
  using test = await TestSender.start(
    { PRODUCER_BATCH_RECORDS: 2, PRODUCER_LINGER_MS: 0 },
    (request, count) => {
      if (count === 2 || count === 3) return Promise.reject(CONNECTION_CLOSED);
      for (const { records } of request.batches) {
        const reader = new RecordReader();
        reader.reset(records.bytes);
        for (let n = 0; n < records.count; n++) {
          reader.next();
          seen.push(reader.value()!.toString());
        }
      }
      return undefined;
    },
  );
  const { sender, requests } = test;
  sender.setLeaders("t", [1]);
  for (let n = 0; n < 3; n++) sender.add("t", { ...recordOf(1), value: String(n) }, 0);
  await until(() => requests.length >= 2);
  // Must not be added to the batch of one record that is resent: Kafka would take the longer batch for the one that it has.
  for (let n = 3; n < 8; n++) sender.add("t", { ...recordOf(1), value: String(n) }, 0);
  await sender.flush();
  assert.deepEqual(seen, ["0", "1", "2", "3", "4", "5", "6", "7"]);
  assert.deepEqual(requests.slice(0, 5).map(({ id, sequences, counts }) => [id, sequences[0], counts[0]]), [
    ["id 1", 0, 2],
    ["id 1", 2, 1],
    ["id 1", 2, 1],
    ["id 1", 2, 1],
    ["id 1", 3, 2],
  ]);
});

Deno.test("Sender resends a batch after its backoff without further calls", async () => {
  using test = await TestSender.start(
    { PRODUCER_LINGER_MS: 0 },
    (_request, count) => count <= 2 ? Promise.reject(CONNECTION_CLOSED) : undefined,
  );
  const { sender } = test;
  sender.setLeaders("t", [1]);
  sender.add("t", recordOf(1), 0);
  await until(() => sender.buffered === 0);
  assert.deepEqual(test.counts, [{ 0: 1 }, { 0: 1 }, { 0: 1 }]);
});

Deno.test("Sender fetches the leaders when a request failed", async () => {
  let leader = 1;
  const fetched: number[] = [];
  using test = await TestSender.start(
    { PRODUCER_LINGER_MS: 0 },
    (_request, _count, requested) => {
      if (requested === 2) return undefined;
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
  const { sender, requests } = test;
  sender.add("t", recordOf(1), 0);
  await until(() => fetched.includes(2));
  await sender.flush();
  assert.ok(requests.some((request) => request.leader === 2), JSON.stringify(requests));
});

Deno.test("Sender does not suggest other settings when a connection that worked is closed", async () => {
  using test = await TestSender.start(
    { KAFKA_SECURITY_PROTOCOL: "PLAINTEXT" },
    (_request, count) => count === 1 ? Promise.reject(CONNECTION_CLOSED) : undefined,
  );
  const { sender } = test;
  sender.setLeaders("t", [1]);
  sender.add("t", recordOf(1), 0);
  await sender.flush();
  assert.deepEqual(test.failures, ["Cannot send to t[0]: Closed connection."]);
});
