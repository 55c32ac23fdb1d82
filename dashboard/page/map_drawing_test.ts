import assert from "assert";
import { type Place, splitAtAntimeridian } from "./map_drawing.ts";

Deno.test("splitAtAntimeridian() splits a route where it crosses the edge of the map", () => {
  const places: Place[] = [[178, 1], [179.9, 1], [-179.9, 1], [-178, 1], [179, 2]];
  assert.deepEqual(splitAtAntimeridian(places), [places.slice(0, 2), places.slice(2, 4), places.slice(4)]);
  assert.deepEqual(splitAtAntimeridian([[-170, 0], [5, 0]]), [[[-170, 0], [5, 0]]]);
});
