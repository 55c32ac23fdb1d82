import assert from "assert";
import { bindDeclaredTypes } from "../../shared/schema/bind_stream.ts";
import { loadStreams } from "../../shared/streams.ts";
import { recordBatch, validRoute } from "../decode/record_batch_fixture.ts";
import { emptySegment, part, type Segment, SegmentBuilder } from "../decode/segment.ts";
import { CancelledError, type Database } from "./database.ts";
import { FakeDatabase, TransactionTimeout } from "./database_fixture.ts";
import { Writer } from "./writer.ts";

const [routes] = await loadStreams(["routes"]);

Deno.test("Writer stores segments in one transaction when they are added in one turn of the event loop", async () => {
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
    emit: () => {},
    hasAddedColumns: () => true,
    isAlive: () => true,
    onResult: ({ outcome, partition, nextOffset }) => {
      assert.equal(outcome, "stored");
      stored.push([partition, nextOffset!]);
    },
  });
  // The partitions of a fetch arrive one after another, with promises in between.
  for (let partition = 0; partition < 6; partition++) {
    for (let step = 0; step < 50; step++) await Promise.resolve();
    writer.add(emptySegment(routes!, partition, 0, 1 + partition));
  }
  await writer.drain();
  assert.equal(transactions.length, 1);
  assert.deepEqual(stored, [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6]]);
});

const TOPIC = routes!.topic;

/** Offsets 0 … values.length − 1 of a partition. */
const segmentOf = (partition: number, values: readonly string[]): Segment =>
  new SegmentBuilder(bindDeclaredTypes(routes!)).build(partition, 0, values.length, [recordBatch(0, values)]);

/** Stores segments. @returns the events */
async function store(
  database: FakeDatabase,
  segments: readonly Segment[],
): Promise<[name: string, fields: Record<string, unknown>][]> {
  const events: [string, Record<string, unknown>][] = [];
  const writer = new Writer(database.asDatabase(), {
    group: "g",
    batchBytes: 1e9,
    emit: (name, fields) => events.push([name, fields]),
    hasAddedColumns: () => true,
    isAlive: () => true,
    onResult: () => {},
  });
  segments.forEach((segment) => writer.add(segment));
  await Promise.race([writer.drain(), writer.failed]);
  return events;
}

/** How many records were reported as stored and as rejected. */
const reported = (events: Awaited<ReturnType<typeof store>>) =>
  events.filter(([name]) => name === "records_stored").reduce<[number, number]>(
    ([stored, rejected], [, fields]) => [stored + Number(fields.stored), rejected + Number(fields.rejected)],
    [0, 0],
  );

Deno.test("Writer splits a segment by its valid and rejected records when a transaction times out", async () => {
  for (
    const isRejected of [() => true, (n: number) => n % 3 > 0, (n: number) => n > 0, (n: number) => n < 350]
  ) {
    const values = Array.from({ length: 400 }, (_, n) => isRejected(n) ? `nonsense ${n}` : validRoute(n));
    const database = new FakeDatabase(TOPIC, ({ rows, rejected }) => {
      if (rows + rejected.length > 10) throw new TransactionTimeout();
    });
    const events = await store(database, [segmentOf(3, values)]);
    const rejected = values.filter((value) => value.startsWith("nonsense")).length;
    assert.equal(database.progress.get(3), 400);
    assert.equal(database.rows, 400 - rejected);
    assert.deepEqual(
      database.rejected.map(({ value }) => `${value}`),
      values.filter((value) => value.startsWith("nonsense")),
    );
    assert(database.received.length < 150, `${database.received.length} transactions`);
    assert.deepEqual(reported(events), [400 - rejected, rejected]);
  }
});

Deno.test("Writer splits pieces when a transaction times out while it bisects for a record that the database rejects", async () => {
  const values = Array.from({ length: 200 }, (_, n) => n % 50 === 0 ? validRoute(n) : `nonsense ${n}`);
  const database = new FakeDatabase(TOPIC, ({ rows, rejected }) => {
    // The row of offset 100 is rejected; its transaction contains no other row when it is found.
    if (rows + rejected.length > 20) throw new TransactionTimeout();
    if (rows > 0 && rejected.every(({ offset }) => offset > 100) && database.progress.get(0) === 100) {
      throw Object.assign(new Error("out of range"), { code: "22003" });
    }
  });
  await store(database, [segmentOf(0, values)]);
  assert.equal(database.progress.get(0), 200);
  assert.equal(database.rows, 3);
  assert.deepEqual(
    database.rejected.map(({ offset }) => offset),
    Array.from({ length: 200 }, (_, n) => n).filter((n) => n % 50 || n === 100),
  );
  assert.equal(database.rejected.find(({ offset }) => offset === 100)?.reason, "refused by the database");
});

Deno.test("Writer retries a transaction with a single record when it times out", async () => {
  let failures = 2;
  const database = new FakeDatabase(TOPIC, () => {
    if (failures-- > 0) throw new TransactionTimeout();
  });
  await store(database, [segmentOf(0, ["nonsense"])]);
  assert.equal(database.rejected.length, 1);
});

Deno.test("Writer counts the records of a transaction as stored when its commit was not acknowledged", async () => {
  for (const size of [1, 2, 1_000]) {
    let isFirst = true;
    // The response of COMMIT is lost. A transaction with several records is split before it is retried.
    const database = new FakeDatabase(TOPIC, (_, commit) => {
      if (!isFirst) return;
      isFirst = false;
      commit();
      throw new TransactionTimeout();
    });
    const values = Array.from({ length: size }, (_, n) => n % 10 === 1 ? "nonsense" : validRoute(n));
    const events = await store(database, [segmentOf(0, values), segmentOf(1, values)]);
    const rejected = values.filter((value) => value === "nonsense").length;
    assert.deepEqual(reported(events), [2 * (size - rejected), 2 * rejected]);
    assert.deepEqual(events.filter(([name]) => name === "transaction_fenced"), []);
    assert.equal(database.rows, 2 * (size - rejected));
  }
});

Deno.test("Writer emits one transaction_fenced and stores nothing when another consumer moved the progress", async () => {
  const database = new FakeDatabase(TOPIC, () => {
    throw new TransactionTimeout();
  });
  database.progress.set(0, 7);
  const values = Array.from({ length: 100 }, (_, n) => validRoute(n));
  const events = await store(database, [segmentOf(0, values)]);
  assert.deepEqual(events.map(([name]) => name), ["transaction_fenced"]);
  assert.equal(events[0]![1].found, 7);
  assert.equal(database.rows, 0);
});

Deno.test("Writer stores the rest of a segment when part of it was stored by an unacknowledged transaction", async () => {
  // The commit of offsets 0 to 49 is not acknowledged. The same records are added again in a larger segment.
  const values = Array.from({ length: 100 }, (_, n) => validRoute(n));
  let count = 0;
  const database = new FakeDatabase(TOPIC, ({ rows }, commit) => {
    if (count++ === 0) {
      commit();
      throw new CancelledError("the connection broke");
    }
    if (rows > 20) throw new TransactionTimeout();
    if (rows > 1) throw Object.assign(new Error("out of range"), { code: "22003" });
  });
  const events: string[] = [];
  const writer = new Writer(database.asDatabase(), {
    group: "g",
    batchBytes: 1e9,
    emit: (name) => events.push(name),
    hasAddedColumns: () => true,
    isAlive: () => true,
    onResult: () => {},
  });
  const whole = segmentOf(0, values);
  writer.add(part(whole, 0, 50));
  await Promise.race([writer.drain(), writer.failed]);
  writer.add(whole);
  await Promise.race([writer.drain(), writer.failed]);
  assert.equal(database.rows, 100);
  assert.equal(database.progress.get(0), 100);
  assert(!events.includes("transaction_fenced"));
});

Deno.test("Writer needs few transactions when PostgreSQL names the row that it rejects", async () => {
  const values = Array.from({ length: 1_000 }, (_, n) => validRoute(n));
  const database = new FakeDatabase(TOPIC, ({ advances: [advance], rows }) => {
    const line = 700 - advance!.fromOffset + 1;
    if (line < 1 || line > rows) return;
    throw Object.assign(new Error("out of range"), {
      code: "22003",
      where: `COPY routes_table, Zeile ${line}`,
    });
  });
  await store(database, [segmentOf(0, values)]);
  assert.deepEqual(database.rejected.map(({ offset }) => offset), [700]);
  assert.equal(database.rows, 999);
  // All rows; those before the rejected one; that one; it as a rejected record; then 1, 2, 4 … of the others.
  assert(database.received.length <= 4 + 9, `${database.received.length} transactions`);
});
