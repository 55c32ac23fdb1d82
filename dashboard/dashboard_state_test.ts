import assert from "assert";
import { loadStreams } from "../shared/streams.ts";
import { TablePoller } from "./database/table_poller.ts";
import { DashboardState } from "./dashboard_state.ts";
import type { KeyRows, Row } from "./protocol.ts";

const STREAMS = await loadStreams(["routes"]);
const KAFKA = { status: { state: "ok", since: 0 }, offsets: undefined } as const;
const NO_ROWS: KeyRows = { rows: [], extent: "all", searched: 0 };

/** The state of one table, and a function that applies a poll of it. */
function createState() {
  const database = {
    tables: STREAMS.map((stream) => new TablePoller(stream, 3)),
    state: { state: "ok" as const, since: 0 },
    status: [],
    rejected: [],
    rejectedCount: undefined,
    progress: undefined,
    rowsOfKey: (): Promise<KeyRows | undefined> => Promise.resolve(NO_ROWS),
  };
  const state = new DashboardState(STREAMS, database, { status: [] }, KAFKA);
  const applyRows = (rows: readonly Row[], replaced = false, keys?: ReadonlySet<string>) =>
    state.applyDatabasePoll({
      rows: new Map([["routes", { rows, sampled: false, replaced, ...keys && { keys } }]]),
    });
  return { state, applyRows, database };
}

Deno.test("DashboardState.snapshot() excludes the rows of the next update when a poll precedes it", () => {
  const { state, applyRows } = createState();
  applyRows([["1", 1, 0, 0]], true);
  assert.deepEqual(state.snapshot().rows["routes"], []);
  assert.deepEqual(state.update().rows["routes"], [["1", 1, 0, 0]]);
  applyRows([["1", 2, 0, 0]]);
  assert.deepEqual(state.snapshot().rows["routes"], [["1", 1, 0, 0]]);
  assert.deepEqual(state.update().rows["routes"], [["1", 2, 0, 0]]);
  assert.deepEqual(state.snapshot().rows["routes"], [["1", 1, 0, 0], ["1", 2, 0, 0]]);
  assert.deepEqual(state.update().rows, {});
});

Deno.test("DashboardState.update() names the stream and sends its first rows when the table was replaced", () => {
  const { state, applyRows } = createState();
  applyRows([["1", 1, 0, 0]], true);
  state.update();
  applyRows([["1", 2, 0, 0]]);
  applyRows([["7", 1, 0, 0]], true);
  const { replaced, rows } = state.update();
  assert.deepEqual([replaced, rows["routes"]], [["routes"], [["7", 1, 0, 0]]]);
  assert.deepEqual(state.snapshot().rows["routes"], [["7", 1, 0, 0]]);
});

Deno.test("DashboardState.update() keeps the latest rows when there are too many, but all first rows of a table", () => {
  const { state, applyRows } = createState();
  const many = Array.from({ length: 4_000 }, (_, i): Row => [String(i), 1, 0, 0]);
  applyRows(many, true);
  assert.equal(state.update().rows["routes"]!.length, 4_000);
  applyRows(many);
  const rows = state.update().rows["routes"]!;
  assert.deepEqual([rows.length, rows.at(-1)], [2_500, many.at(-1)]);
});

Deno.test("DashboardState.rowsOfKey() caches rows but not failures", async () => {
  const { database } = createState();
  let queries = 0;
  database.rowsOfKey = () => ++queries === 1 ? Promise.reject(new Error("busy")) : Promise.resolve(NO_ROWS);
  const state = new DashboardState(STREAMS, database, { status: [] }, KAFKA);
  await assert.rejects(state.rowsOfKey("routes", "7"), /busy/);
  for (let i = 0; i < 3; i++) assert.deepEqual(await state.rowsOfKey("routes", "7"), NO_ROWS);
  assert.equal(queries, 2);
});

Deno.test("DashboardState.update() names the keys whose rows were deleted, once", () => {
  const { state, applyRows } = createState();
  applyRows([["1", 1, 0, 0], ["2", 1, 0, 0]], true);
  assert.equal(state.update().deleted, undefined);
  applyRows([["3", 1, 0, 0]], false, new Set(["2", "3"]));
  const update = state.update();
  assert.deepEqual([update.deleted, update.rows["routes"]], [{ routes: ["1"] }, [["3", 1, 0, 0]]]);
  assert.deepEqual(state.snapshot().rows["routes"]!.map(([key]) => key), ["2", "3"]);
  assert.equal(state.update().deleted, undefined);
});

Deno.test("DashboardState.applyServicesPoll() adds the lag, without a value in the chart while it is stale", () => {
  const { database } = createState();
  const kafka = {
    ...KAFKA,
    offsets: { at: Date.now(), partitions: [{ topic: "t", partition: 0, low: 0, high: 9, topicId: "a" }] },
  };
  const state = new DashboardState(STREAMS, { ...database, progress: [] }, { status: [] }, kafka);
  state.applyServicesPoll([1, null, null, null, null, null]);
  kafka.offsets.at = 0;
  state.applyServicesPoll([2, null, null, null, null, null]);
  const { samples, status } = state.update();
  assert.deepEqual(samples.map((sample) => sample[6]), [9, null]);
  assert.equal(status.lag.records, 9);
  assert.ok(status.lag.staleSince! > 0);
});
