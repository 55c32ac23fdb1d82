import assert from "assert";
import { isTravel, medianSpeed, metresBetween, roundDistance, stretches } from "./geo.ts";

const PLACE = [2, 3] as const;

Deno.test("metresBetween() is a great circle's length, across the date line too", () => {
  // Paris to New York.
  const metres = metresBetween([0, 0, 48.8566, 2.3522], [0, 0, 40.7128, -74.006], PLACE);
  assert.ok(Math.abs(metres - 5_837_000) < 5_000, `${metres}`);
  assert.ok(Math.abs(metresBetween([0, 0, 0, 179.5], [0, 0, 0, -179.5], PLACE) - 111_195) < 50);
});

Deno.test("isTravel() is false when the places are farther apart than anybody gets, or no time passed", () => {
  assert.equal(isTravel([0, 0, 0, 0], [0, 1, 0, 0.001], PLACE), true);
  assert.equal(isTravel([0, 0, 0, 0], [0, 1, 0, 90], PLACE), false);
  assert.equal(isTravel([0, 5, 0, 0], [0, 5, 0, 1], PLACE), false);
  assert.equal(isTravel([0, 5, 0, 0], [0, 5, 0, 0], PLACE), true);
});

Deno.test("stretches() begins anew when somebody would have had to leap", () => {
  const rows = [[0, 0, 0, 0], [0, 1, 0, 0.001], [0, 2, 50, 50], [0, 3, 50, 50.001]];
  assert.deepEqual(stretches(rows, PLACE).map((stretch) => stretch.length), [2, 2]);
  assert.deepEqual(stretches([], PLACE), []);
});

Deno.test("medianSpeed() is nothing when there is one place only", () => {
  assert.equal(medianSpeed([[0, 0, 0, 0]], PLACE), undefined);
});

Deno.test("roundDistance() is 1, 2 or 5 with zeros and no more than asked for", () => {
  assert.deepEqual([9, 199, 200, 7_000, 0.3].map(roundDistance), [5, 100, 200, 5_000, 0.2]);
});
