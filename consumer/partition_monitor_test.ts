import assert from "assert";
import { topicIdToUuid } from "../shared/kafka/topic_id.ts";
import type { ConsumerEmit } from "./events.ts";
import { LagReporter } from "./lag.ts";
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

/** What Kafka, PostgreSQL and the consumer have, and what the monitor did. */
function world() {
  const state = {
    held: [partition()],
    topicId: ID as string | undefined,
    watermarks: { low: 0, stable: 50, high: 50 },
    rows: [{
      topic: "routes",
      partition: 0,
      nextOffset: 50,
      topicId: topicIdToUuid(ID) as string | null | undefined,
    }],
    /** Called while a request is under way. */
    meanwhile: () => {},
    done: [] as unknown[],
  };
  const emit =
    ((name: string, fields: { found?: number }) =>
      state.done.push([name, fields.found])) as unknown as ConsumerEmit;
  const answer = <T>(value: () => T) => {
    state.meanwhile();
    return Promise.resolve(value());
  };
  const monitor = new PartitionMonitor(
    "group",
    {
      get positions() {
        return state.held;
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

Deno.test("PartitionMonitor skips expired records of a partition that waits for records", async () => {
  const { state, monitor } = world();
  await monitor.pollKafka();
  assert.deepEqual(state.done, []);
  state.watermarks = { low: 4_950, stable: 4_950, high: 4_950 };
  await monitor.pollKafka();
  assert.deepEqual(state.done, [["skip", 4_950]]);
});

Deno.test("PartitionMonitor leaves expired records to the fetch when records are under way", async () => {
  for (
    const move of [
      (state: { held: PartitionPosition[] }) => state.held = [partition({ nextOffset: 60 })],
      (state: { held: PartitionPosition[] }) =>
        state.held = [partition({ nextOffset: 60, storedOffset: 60 })],
      (state: { held: PartitionPosition[] }) => state.held = [],
    ]
  ) {
    const { state, monitor } = world();
    state.watermarks = { low: 55, stable: 100, high: 100 };
    state.meanwhile = () => move(state);
    await monitor.pollKafka();
    assert.deepEqual(state.done, []);
  }
});

Deno.test("PartitionMonitor fails when a topic that is read is recreated, also if it has grown past the progress", async () => {
  const { state, monitor } = world();
  state.topicId = OTHER;
  state.watermarks = { low: 0, stable: 500, high: 500 };
  await assert.rejects(
    monitor.pollKafka(),
    /"routes" was deleted and recreated: its topic id is _____________________w/,
  );
  // A broker without topic ids tells nothing.
  state.topicId = undefined;
  await monitor.pollKafka();
});

Deno.test("PartitionMonitor fails when a partition ends before what is stored", async () => {
  const { state, monitor } = world();
  state.watermarks = { low: 0, stable: 49, high: 49 };
  await assert.rejects(monitor.pollKafka(), /ends at offset 49, and offsets up to 49 are stored/);
});

Deno.test("PartitionMonitor resumes an idle partition at the stored offset when progress was moved, back or on", async () => {
  for (const found of [20, 80]) {
    const { state, monitor } = world();
    state.rows[0]!.nextOffset = found;
    await monitor.pollProgress();
    assert.deepEqual(state.done, [["progress_changed", found], ["resume", found]]);
  }
});

Deno.test("PartitionMonitor has progress loaded anew when the row of an idle partition is gone", async () => {
  const { state, monitor } = world();
  state.rows = [];
  await monitor.pollProgress();
  assert.deepEqual(state.done, [["progress_changed", undefined], ["resume", undefined]]);
});

Deno.test("PartitionMonitor leaves moved progress to the fence when records are under way", async () => {
  for (const before of [true, false]) {
    const { state, monitor } = world();
    const moving = [partition({ nextOffset: 60 })];
    if (before) state.held = moving;
    else state.meanwhile = () => state.held = moving;
    state.rows[0]!.nextOffset = 20;
    await monitor.pollProgress();
    assert.deepEqual(state.done, []);
  }
});

Deno.test("PartitionMonitor stores the topic id in a row without one, unless its progress was moved or there is no column", async () => {
  const { state, monitor } = world();
  state.rows[0]!.topicId = null;
  await monitor.pollProgress();
  assert.deepEqual(state.done, [["adopt", topicIdToUuid(ID)]]);

  state.done = [];
  state.rows[0]!.topicId = undefined;
  await monitor.pollProgress();
  assert.deepEqual(state.done, []);
});

Deno.test("PartitionMonitor fails when the stored topic id of any partition is another one", async () => {
  const { state, monitor } = world();
  await monitor.pollKafka();
  state.rows = [state.rows[0]!, { ...state.rows[0]!, partition: 1, topicId: topicIdToUuid(OTHER) }];
  await assert.rejects(monitor.pollProgress(), /belongs to _____________________w/);
});

Deno.test("PartitionMonitor polls PostgreSQL once at a time", async () => {
  const { state, monitor } = world();
  let polls = 0;
  state.meanwhile = () => polls++;
  await Promise.all([monitor.pollProgress(), monitor.pollProgress()]);
  assert.equal(polls, 1);
});

Deno.test("PartitionMonitor polls until it is stopped, at once when it is woken, and again after a transient failure", async () => {
  const { state, monitor } = world();
  const stop = new AbortController();
  let polls = 0;
  state.meanwhile = () => {
    if (++polls === 1) {
      throw Object.assign(new Error("away"), { name: "KafkaJSConnectionError", retriable: true });
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

Deno.test("PartitionMonitor ends with an error that is not transient", async () => {
  const { state, monitor } = world();
  state.topicId = OTHER;
  await assert.rejects(monitor.run(1, new AbortController().signal), /was deleted and recreated/);
});
