import assert from "assert";
import { topicIdToUuid } from "../shared/kafka/topic_id.ts";
import type { ConsumerEmit } from "./events.ts";
import { LagReporter } from "./lag_reporter.ts";
import { PartitionMonitor } from "./partition_monitor.ts";
import type { PartitionPosition } from "./partition_state.ts";

const ID = "AAECAwQFBgcICQoLDA0ODw", OTHER = "_____________________w";

const partition = (more: Partial<PartitionPosition> = {}): PartitionPosition => ({
  topic: "routes",
  partition: 0,
  nextOffset: 50,
  storedOffset: 50,
  topicId: ID,
  ...more,
});

/** The state of Kafka, PostgreSQL and the consumer, and what the monitor did. */
function setUp() {
  const state = {
    positions: [partition()],
    topicId: ID as string | undefined,
    watermarks: { low: 0, stable: 50, high: 50 },
    rows: [{
      topic: "routes",
      partition: 0,
      nextOffset: 50,
      topicId: topicIdToUuid(ID) as string | null | undefined,
    }],
    /** Called during each request. */
    onRequest: () => {},
    done: [] as unknown[],
  };
  const emit =
    ((name: string, fields: { found?: number }) =>
      state.done.push([name, fields.found])) as unknown as ConsumerEmit;
  const answer = <T>(value: () => T) => {
    state.onRequest();
    return Promise.resolve(value());
  };
  const monitor = new PartitionMonitor(
    "group",
    {
      get positions() {
        return state.positions;
      },
      resume: (_, offset) => state.done.push(["resume", offset]),
      skipExpired: (_, to) => state.done.push(["skip", to]),
    },
    {
      topics: () =>
        Promise.resolve([{ name: "routes", id: state.topicId, error: undefined, partitions: [] }]),
      watermarks: () => answer(() => new Map([["routes", new Map([[0, state.watermarks]])]])),
      progress: () => answer(() => state.rows),
      adopt: (ids) => {
        state.done.push(["adopt", ...ids.map(({ topicId }) => topicId)]);
        return Promise.resolve();
      },
    },
    new LagReporter(emit),
    emit,
  );
  return { state, monitor };
}

Deno.test("PartitionMonitor skips expired records when the partition is idle", async () => {
  const { state, monitor } = setUp();
  await monitor.pollKafka();
  assert.deepEqual(state.done, []);
  state.watermarks = { low: 4_950, stable: 4_950, high: 4_950 };
  await monitor.pollKafka();
  assert.deepEqual(state.done, [["skip", 4_950]]);
});

Deno.test("PartitionMonitor leaves expired records to the fetcher when the partition is not idle", async () => {
  for (
    const move of [
      (state: { positions: PartitionPosition[] }) => state.positions = [partition({ nextOffset: 60 })],
      (state: { positions: PartitionPosition[] }) =>
        state.positions = [partition({ nextOffset: 60, storedOffset: 60 })],
      (state: { positions: PartitionPosition[] }) => state.positions = [],
    ]
  ) {
    const { state, monitor } = setUp();
    state.watermarks = { low: 55, stable: 100, high: 100 };
    state.onRequest = () => move(state);
    await monitor.pollKafka();
    assert.deepEqual(state.done, []);
  }
});

Deno.test("PartitionMonitor throws when a topic was recreated, even if it is longer than the progress", async () => {
  const { state, monitor } = setUp();
  state.topicId = OTHER;
  state.watermarks = { low: 0, stable: 500, high: 500 };
  await assert.rejects(
    monitor.pollKafka(),
    /"routes" was deleted and recreated: its topic id is _____________________w/,
  );
  // Brokers before 2.8 have no topic ids.
  state.topicId = undefined;
  await monitor.pollKafka();
});

Deno.test("PartitionMonitor throws when a partition ends before the stored offset", async () => {
  const { state, monitor } = setUp();
  state.watermarks = { low: 0, stable: 49, high: 49 };
  await assert.rejects(monitor.pollKafka(), /ends at offset 49, and offsets up to 49 are stored/);
});

Deno.test("PartitionMonitor resumes an idle partition at the stored progress when it was moved back or forward", async () => {
  for (const found of [20, 80]) {
    const { state, monitor } = setUp();
    state.rows[0]!.nextOffset = found;
    await monitor.pollProgress();
    assert.deepEqual(state.done, [["progress_changed", found], ["resume", found]]);
  }
});

Deno.test("PartitionMonitor reloads progress when the row of an idle partition was deleted", async () => {
  const { state, monitor } = setUp();
  state.rows = [];
  await monitor.pollProgress();
  assert.deepEqual(state.done, [["progress_changed", undefined], ["resume", undefined]]);
});

Deno.test("PartitionMonitor leaves moved progress to the fence when the partition is not idle", async () => {
  for (const before of [true, false]) {
    const { state, monitor } = setUp();
    const moving = [partition({ nextOffset: 60 })];
    if (before) state.positions = moving;
    else state.onRequest = () => state.positions = moving;
    state.rows[0]!.nextOffset = 20;
    await monitor.pollProgress();
    assert.deepEqual(state.done, []);
  }
});

Deno.test("PartitionMonitor stores the topic id when the row has none, unless the column is missing", async () => {
  const { state, monitor } = setUp();
  state.rows[0]!.topicId = null;
  await monitor.pollProgress();
  assert.deepEqual(state.done, [["adopt", topicIdToUuid(ID)]]);

  state.done = [];
  state.rows[0]!.topicId = undefined;
  await monitor.pollProgress();
  assert.deepEqual(state.done, []);
});

Deno.test("PartitionMonitor throws when the stored topic id of any partition differs", async () => {
  const { state, monitor } = setUp();
  await monitor.pollKafka();
  state.rows = [state.rows[0]!, { ...state.rows[0]!, partition: 1, topicId: topicIdToUuid(OTHER) }];
  await assert.rejects(monitor.pollProgress(), /belongs to _____________________w/);
});

Deno.test("PartitionMonitor shares a poll of PostgreSQL when it is called twice", async () => {
  const { state, monitor } = setUp();
  let polls = 0;
  state.onRequest = () => polls++;
  await Promise.all([monitor.pollProgress(), monitor.pollProgress()]);
  assert.equal(polls, 1);
});

Deno.test("PartitionMonitor polls at once when it is woken, and again after a transient error", async () => {
  const { state, monitor } = setUp();
  const stop = new AbortController();
  let polls = 0;
  state.onRequest = () => {
    if (++polls === 1) {
      throw Object.assign(new Error("unavailable"), { name: "KafkaJSConnectionError", retriable: true });
    }
    if (polls === 4) stop.abort();
  };
  const running = monitor.run(60_000, stop.signal);
  monitor.wake();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(polls, 2, "Kafka and PostgreSQL");
  monitor.wake();
  await running;
  assert.equal(polls, 4);
});

Deno.test("PartitionMonitor.run() rejects when an error is not transient", async () => {
  const { state, monitor } = setUp();
  state.topicId = OTHER;
  await assert.rejects(monitor.run(1, new AbortController().signal), /was deleted and recreated/);
});
