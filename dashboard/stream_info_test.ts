import assert from "assert";
import { z } from "zod";
import { listStreams, loadStreams } from "../shared/streams.ts";
import { defineStream } from "../shared/stream.ts";
import { rowSql, streamInfo } from "./stream_info.ts";

const { streams } = await listStreams();

Deno.test("streamInfo() finds key, time and coordinates when a stream has them", async () => {
  const [routes] = (await loadStreams(["routes"])).map(streamInfo);
  const column = (name: string, max: number) => ({
    name,
    type: "double precision",
    isNumber: true,
    range: [-max, max],
  });
  assert.deepEqual([routes!.key, routes!.time, routes!.place], ["user_id", "timestamp", [2, 3]]);
  assert.equal(routes!.keyType, "integer");
  assert.deepEqual(routes!.columns, [column("latitude", 90), column("longitude", 180)]);
});

for (const stream of streams) {
  Deno.test(`rowSql() selects each column of ${stream.name} once`, () => {
    const { columns, key, time } = streamInfo(stream);
    const names = [...columns.map(({ name }) => name), ...time ? [time] : [], ...key ? key.split(", ") : []];
    assert.deepEqual([...new Set(names)].sort(), stream.columns.map(({ name }) => name).sort());
    for (const name of names) assert.ok(rowSql(stream).includes(`t."${name}"`), name);
  });
}

Deno.test("streamInfo() has the texts of the schema and the kinds of times", async () => {
  const [weather, battery] = (await loadStreams(["weather", "battery"])).map(streamInfo);
  const column = (name: string) => weather!.columns.find((column) => column.name === name)!;
  assert.deepEqual([weather!.time, weather!.timeKind, battery!.timeKind], [
    "measured_at",
    "instant",
    "instant",
  ]);
  assert.deepEqual(["sent_at", "day", "received_at", "note"].map((name) => column(name).time), [
    "local",
    "date",
    "instant",
    undefined,
  ]);
  assert.deepEqual(["temperature", "rainfall", "gusts", "sky"].map((name) => column(name).title), [
    "°C",
    "mm",
    "m/s",
    undefined,
  ]);
  assert.equal(battery!.columns[0]!.description, "0 (empty) to 1 (full)");
});

Deno.test("streamInfo() shows all columns when there is no key and no time", () => {
  const stream = defineStream({
    name: "test",
    topic: "test",
    table: 'a."B c"',
    about: "",
    schema: z.object({ a: z.string(), b: z.int().min(0) }),
    columns: [{ name: "a", type: "text", path: ["a"] }, { name: "b", type: "smallint", path: ["b"] }],
  });
  assert.deepEqual(streamInfo(stream).columns, [
    { name: "a", type: "text", isNumber: false },
    { name: "b", type: "smallint", isNumber: true },
  ]);
  const upsert = { ...stream, write: { mode: "upsert", key: ["a", "b"], tombstones: "reject" } as const };
  assert.deepEqual([streamInfo(upsert).key, streamInfo(upsert).keyType], ["a, b", undefined]);
  assert.match(rowSql(upsert), /^left\(concat_ws\(', ', t\."a", t\."b"\), 200\) AS key, \(0\)::float8/);
});
