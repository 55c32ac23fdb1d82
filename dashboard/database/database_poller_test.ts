import assert from "assert";
import type pg from "pg";
import { Availability } from "../../shared/observe/availability.ts";
import { loadStreams } from "../../shared/streams.ts";
import { Registry } from "prom-client";
import { DatabasePoller } from "./database_poller.ts";

const [ROUTES] = await loadStreams(["routes"]);
const STREAMS = [ROUTES!, { ...ROUTES!, name: "others", table: "others_table" }];
const EXTENTS = STREAMS.map(({ table }, i) => ({
  i: i + 1,
  relations: [{ id: `${i}`, from: table, file: "1", blocks: 2, rows: 1, isDirect: true }],
}));

/** A client of two tables with one row each, of which one cannot be read while `failing` contains its name. */
function createClient(failing: ReadonlySet<string>) {
  return (query: string | { text: string }) => {
    const text = typeof query === "string" ? query : query.text;
    if (text.includes("pg_current_snapshot")) return { rows: [{ snapshot: "10:10:", xmax: "10" }] };
    if (text.includes("WITH ORDINALITY")) return { rows: EXTENTS };
    if (text.includes("hasProgress")) return { rows: [{ hasProgress: false, rejectedRows: null }] };
    const stream = STREAMS.find(({ table }) => text.includes(`FROM ${table}`))!;
    if (failing.has(stream.name)) throw new Error("canceling statement due to statement timeout");
    const row = ["7", "1", "0.5", "0.5"].slice(0, stream.columns.length);
    return { rows: text.includes("pg_visible_in_snapshot") ? [] : [row] };
  };
}

Deno.test("DatabasePoller.poll() returns the rows read before an error, and all first rows of a table once it is readable", async () => {
  const failing = new Set(["others"]);
  const query = createClient(failing);
  // deno-lint-ignore require-await -- as the client's
  const client = { query: async (text: string) => query(text) } as unknown as pg.Client;
  const reader = { run: <T>(work: (client: pg.Client) => Promise<T>) => work(client) };
  const availability = new Availability("dashboard", ["PostgreSQL"], () => {}, new Registry());
  const poller = new DatabasePoller(reader, reader, availability, STREAMS, "group");
  const poll = async () =>
    [...(await poller.poll()).rows].map(([stream, { rows, replaced }]) => [stream, rows.length, replaced]);

  assert.deepEqual(await poll(), [["routes", 1, true], ["others", 0, true]]);
  assert.equal(poller.state.state, "unavailable");
  failing.clear();
  assert.deepEqual(await poll(), [["routes", 0, false], ["others", 1, true]]);
  assert.equal(poller.state.state, "ok");
  assert.deepEqual(await poll(), [["routes", 0, false], ["others", 0, false]]);
  failing.add("routes");
  assert.deepEqual(await poll(), [["routes", 0, false]]);
});
