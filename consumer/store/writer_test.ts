import assert from "assert";
import { RecordWriter } from "../../shared/kafka/records/record_writer.ts";
import { loadStreams } from "../../shared/streams.ts";
import { CancelledError, type Database, StatementTimeoutError } from "./database.ts";
import type { RejectedRecord } from "../../shared/schema/rejected_records.ts";
import { RejectedRows } from "../decode/rejected_rows.ts";
import { emptySegment, part, type Segment, SegmentBuilder } from "../decode/segment.ts";
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
    emit: () => {},
    isAlive: () => true,
    onResult: ({ outcome, partition, nextOffset }) => {
      assert.equal(outcome, "stored");
      stored.push([partition, nextOffset!]);
    },
  });
  // kafkajs hands over the partitions of a fetch one after another, with promises in between.
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
function segmentOf(partition: number, values: readonly string[]): Segment {
  const writer = new RecordWriter();
  values.forEach((value) => writer.add(1_000, null, value));
  const count = values.length;
  return new SegmentBuilder(routes!).build(partition, 0, count, [{
    baseOffset: 0,
    lastOffset: count - 1,
    firstTimestamp: 1_000,
    maxTimestamp: 1_000,
    isLogAppendTime: false,
    producerId: -1n,
    isTransactional: false,
    isControl: false,
    count,
    bytes: writer.bytes,
  }]);
}

const valid = (userID: number) => `{"userID":${userID},"timestamp":1.5,"coordinates":[48.25,2.5]}`;

/** A transaction as PostgreSQL receives it. */
interface Received {
  readonly advances: readonly { partition: number; expected: number; next: number }[];
  readonly rows: number;
  readonly rejected: readonly RejectedRecord[];
}

/** Bytes of a row of `routes` in binary COPY. */
const ROW_BYTES = 46;

/** PostgreSQL with consumer_progress and two tables, as far as the writer can tell. */
class FakeDatabase {
  readonly progress = new Map<number, number>();
  readonly received: Received[] = [];
  readonly rejected: RejectedRecord[] = [];
  rows = 0;

  /** @param answer called with each transaction; what it throws is the outcome, and `commit` commits before */
  constructor(private readonly answer: (transaction: Received, commit: () => void) => void) {}

  run = async (
    _action: string,
    work: (client: unknown, start: string) => Promise<unknown>,
    { canSplit = false }: { canSplit?: boolean } = {},
  ): Promise<unknown> => {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        return await work({ query: (...args: unknown[]) => this.#query(...args) }, "");
      } catch (error) {
        if (!(error instanceof Timeout)) throw error;
        if (canSplit) throw new StatementTimeoutError("timeout");
      }
    }
    throw new Error("a transaction that cannot be divided was not tried as it is until it succeeds");
  };

  #query(...[query]: unknown[]): unknown {
    if (typeof query === "string") {
      return Promise.resolve({
        rows: [...this.progress].map(([partition, next_offset]) => ({
          topic: TOPIC,
          partition,
          next_offset,
        })),
      });
    }
    const submittable = query as {
      submit(c: unknown): void;
      handleError(e: unknown): void;
      handleReadyForQuery(): void;
    };
    let sql = "";
    const pieces: Uint8Array[] = [];
    submittable.submit({
      stream: { cork() {}, uncork() {}, write: (bytes: Uint8Array) => pieces.push(bytes) },
      query: (text: string) => sql = text,
    });
    try {
      this.#execute(sql, pieces);
      submittable.handleReadyForQuery();
    } catch (error) {
      submittable.handleError(error);
    }
  }

  #execute(sql: string, pieces: readonly Uint8Array[]): void {
    const advances = [...sql.matchAll(/\('[^']*', (\d+), (\d+)::bigint, (\d+)::bigint\)/g)]
      .map(([, partition, expected, next]) => ({
        partition: Number(partition),
        expected: Number(expected),
        next: Number(next),
      }));
    for (const { partition, expected } of advances) {
      if ((this.progress.get(partition) ?? 0) === expected) continue;
      throw Object.assign(new Error('"fenced: 0 of 1"'), { code: "22P02" });
    }
    const data = pieces.filter(({ length }) => length > 21);
    const ofRows = sql.includes('COPY "routes_table"')
      ? data.filter(({ length }) => length % ROW_BYTES === 0)
      : [];
    const rejected = data.filter((piece) => !ofRows.includes(piece)).flatMap((
      piece,
    ) => [...new RejectedRows(piece, 0)]);
    const rows = ofRows.reduce((sum, { length }) => sum + length / ROW_BYTES, 0);
    const transaction = { advances, rows, rejected };
    this.received.push(transaction);
    let isCommitted = false;
    const commit = () => {
      if (isCommitted) return;
      isCommitted = true;
      for (const { partition, next } of advances) this.progress.set(partition, next);
      this.rows += rows;
      this.rejected.push(...rejected);
    };
    this.answer(transaction, commit);
    commit();
  }
}

/** The server ended the statement, or no longer answers. */
class Timeout extends Error {}

/** Stores segments; returns the events. */
async function store(
  database: FakeDatabase,
  segments: readonly Segment[],
): Promise<[name: string, fields: Record<string, unknown>][]> {
  const events: [string, Record<string, unknown>][] = [];
  const writer = new Writer(database as unknown as Database, {
    group: "g",
    batchBytes: 1e9,
    emit: (name, fields) => events.push([name, fields]),
    isAlive: () => true,
    onResult: () => {},
  });
  segments.forEach((segment) => writer.add(segment));
  await Promise.race([writer.drain(), writer.failed]);
  return events;
}

/** How many records the events report as stored and as rejected. */
const reported = (events: Awaited<ReturnType<typeof store>>) =>
  events.filter(([name]) => name === "records_stored").reduce<[number, number]>(
    ([stored, rejected], [, fields]) => [stored + Number(fields.stored), rejected + Number(fields.rejected)],
    [0, 0],
  );

Deno.test("Writer divides what takes too long for a transaction by its records, whether they have rows or are rejected", async () => {
  for (
    const isRejected of [() => true, (n: number) => n % 3 > 0, (n: number) => n > 0, (n: number) => n < 350]
  ) {
    const values = Array.from({ length: 400 }, (_, n) => isRejected(n) ? `nonsense ${n}` : valid(n));
    const database = new FakeDatabase(({ rows, rejected }) => {
      if (rows + rejected.length > 10) throw new Timeout();
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

Deno.test("Writer divides what takes too long while it looks for a record that the database rejects, too", async () => {
  const values = Array.from({ length: 200 }, (_, n) => n % 50 === 0 ? valid(n) : `nonsense ${n}`);
  const database = new FakeDatabase(({ rows, rejected }) => {
    // The row of offset 100 is rejected; its transaction contains no other row when it is found.
    if (rows + rejected.length > 20) throw new Timeout();
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

Deno.test("Writer tries a single record that takes too long again as it is", async () => {
  let failures = 2;
  const database = new FakeDatabase(() => {
    if (failures-- > 0) throw new Timeout();
  });
  await store(database, [segmentOf(0, ["nonsense"])]);
  assert.equal(database.rejected.length, 1);
});

Deno.test("Writer counts what a transaction of unknown outcome stored, and blames no other consumer for it", async () => {
  for (const size of [1, 2, 1_000]) {
    let isFirst = true;
    // The answer to the COMMIT never comes. A transaction that can be divided is, before it is tried again.
    const database = new FakeDatabase((_, commit) => {
      if (!isFirst) return;
      isFirst = false;
      commit();
      throw new Timeout();
    });
    const values = Array.from({ length: size }, (_, n) => n % 10 === 1 ? "nonsense" : valid(n));
    const events = await store(database, [segmentOf(0, values), segmentOf(1, values)]);
    const rejected = values.filter((value) => value === "nonsense").length;
    assert.deepEqual(reported(events), [2 * (size - rejected), 2 * rejected]);
    assert.deepEqual(events.filter(([name]) => name === "transaction_fenced"), []);
    assert.equal(database.rows, 2 * (size - rejected));
  }
});

Deno.test("Writer reports another consumer that has moved on once, and leaves its partition alone", async () => {
  const database = new FakeDatabase(() => {
    throw new Timeout();
  });
  database.progress.set(0, 7);
  const values = Array.from({ length: 100 }, (_, n) => valid(n));
  const events = await store(database, [segmentOf(0, values)]);
  assert.deepEqual(events.map(([name]) => name), ["transaction_fenced"]);
  assert.equal(events[0]![1].found, 7);
  assert.equal(database.rows, 0);
});

Deno.test("Writer stores what an unconfirmed transaction left when it is divided or rejected afterwards", async () => {
  // The first transaction ends at offset 50 and is committed unnoticed. The same records come again in a larger segment.
  const values = Array.from({ length: 100 }, (_, n) => valid(n));
  let count = 0;
  const database = new FakeDatabase(({ rows }, commit) => {
    if (count++ === 0) {
      commit();
      throw new CancelledError("the connection broke");
    }
    if (rows > 20) throw new Timeout();
    if (rows > 1) throw Object.assign(new Error("one of several is rejected"), { code: "22003" });
  });
  const events: string[] = [];
  const writer = new Writer(database as unknown as Database, {
    group: "g",
    batchBytes: 1e9,
    emit: (name) => events.push(name),
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

Deno.test("Writer rejects the record that PostgreSQL names in few transactions", async () => {
  const values = Array.from({ length: 1_000 }, (_, n) => valid(n));
  const database = new FakeDatabase(({ advances: [advance], rows }) => {
    const line = 700 - advance!.expected + 1;
    if (line < 1 || line > rows) return;
    throw Object.assign(new Error("out of range"), {
      code: "22003",
      where: `COPY routes_table, Zeile ${line}`,
    });
  });
  await store(database, [segmentOf(0, values)]);
  assert.deepEqual(database.rejected.map(({ offset }) => offset), [700]);
  assert.equal(database.rows, 999);
  // All; those before it; it alone; it as rejected; then 1, 2, 4 … of the others.
  assert(database.received.length <= 4 + 9, `${database.received.length} transactions`);
});
