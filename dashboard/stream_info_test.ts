import assert from "assert";
import { loadStreams } from "../shared/streams.ts";
import { streamInfo } from "./stream_info.ts";

Deno.test("streamInfo() finds the coordinates by column name when a stream has them", async () => {
  const [routes, battery] = (await loadStreams(["routes", "battery"])).map(streamInfo);
  assert.deepEqual(routes!.place, [2, 3]);
  assert.equal("place" in battery!, false);
  assert.deepEqual(battery!.fields[2], { column: "level", min: 0, max: 1 });
});
