import assert from "assert";
import { loadStreams } from "../shared/streams.ts";
import { TablePoller } from "./database/table_poller.ts";
import { DashboardState } from "./dashboard_state.ts";
import type { Row } from "./protocol.ts";

const STREAMS = await loadStreams(["routes"]);

/** A picture of one table, and a way to say what a look at it found. */
function picture() {
  const database = {
    tables: STREAMS.map((stream) => new TablePoller(stream, 3)),
    state: { state: "ok" as const, since: 0 },
    status: [],
    rejected: [],
    rowsOfUser: (): Promise<Row[] | undefined> => Promise.resolve([]),
  };
  const result = new DashboardState(STREAMS, database, { status: [] });
  const saw = (rows: readonly Row[], startedAnew = false) =>
    result.applyDatabasePoll({ rows: new Map([["routes", { rows, sampled: false, startedAnew }]]) });
  return { result, saw, database };
}

Deno.test("DashboardState.snapshot() leaves out what the next update tells when a page opens between a look and an update", () => {
  const { result, saw } = picture();
  saw([[1, 1, 0, 0]], true);
  assert.deepEqual(result.snapshot().rows["routes"], []);
  assert.deepEqual(result.update().rows["routes"], [[1, 1, 0, 0]]);
  saw([[1, 2, 0, 0]]);
  assert.deepEqual(result.snapshot().rows["routes"], [[1, 1, 0, 0]]);
  assert.deepEqual(result.update().rows["routes"], [[1, 2, 0, 0]]);
  assert.deepEqual(result.snapshot().rows["routes"], [[1, 1, 0, 0], [1, 2, 0, 0]]);
  assert.deepEqual(result.update().rows, {});
});

Deno.test("DashboardState.update() tells that all is void, and what is there now, when the table is another one", () => {
  const { result, saw } = picture();
  saw([[1, 1, 0, 0]], true);
  result.update();
  saw([[1, 2, 0, 0]]);
  saw([[7, 1, 0, 0]], true);
  const { replaced, rows } = result.update();
  assert.deepEqual([replaced, rows["routes"]], [["routes"], [[7, 1, 0, 0]]]);
  assert.deepEqual(result.snapshot().rows["routes"], [[7, 1, 0, 0]]);
});

Deno.test("DashboardState.update() tells the latest rows only when too many came, but a table's first rows all", () => {
  const { result, saw } = picture();
  const many = Array.from({ length: 4_000 }, (_, i) => [i, 1, 0, 0]);
  saw(many, true);
  assert.equal(result.update().rows["routes"]!.length, 4_000);
  saw(many);
  const rows = result.update().rows["routes"]!;
  assert.deepEqual([rows.length, rows.at(-1)], [2_500, many.at(-1)]);
});

Deno.test("DashboardState.user() keeps an answer for other pages, and no failure", async () => {
  const { database } = picture();
  let asked = 0;
  database.rowsOfUser = () => ++asked === 1 ? Promise.reject(new Error("busy")) : Promise.resolve([]);
  const result = new DashboardState(STREAMS, database, { status: [] });
  await assert.rejects(result.user("routes", 7), /busy/);
  for (let i = 0; i < 3; i++) assert.deepEqual(await result.user("routes", 7), { rows: [] });
  assert.equal(asked, 2);
});
