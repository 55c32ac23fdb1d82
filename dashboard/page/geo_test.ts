import assert from "assert";
import type { Row } from "../protocol.ts";
import { distanceMeters, isPlausibleTravel, medianSpeed, roundDistance, splitIntoSegments } from "./geo.ts";

const PLACE = [2, 3] as const;

Deno.test("distanceMeters() is the great-circle distance when places are on either side of the date line", () => {
  // Paris to New York.
  const meters = distanceMeters(["0", 0, 48.8566, 2.3522], ["0", 0, 40.7128, -74.006], PLACE);
  assert.ok(Math.abs(meters - 5_837_000) < 5_000, `${meters}`);
  assert.ok(Math.abs(distanceMeters(["0", 0, 0, 179.5], ["0", 0, 0, -179.5], PLACE) - 111_195) < 50);
});

Deno.test("isPlausibleTravel() is false when the speed is too high or no time passed", () => {
  assert.equal(isPlausibleTravel(["0", 0, 0, 0], ["0", 1, 0, 0.001], PLACE), true);
  assert.equal(isPlausibleTravel(["0", 0, 0, 0], ["0", 1, 0, 90], PLACE), false);
  assert.equal(isPlausibleTravel(["0", 5, 0, 0], ["0", 5, 0, 1], PLACE), false);
  assert.equal(isPlausibleTravel(["0", 5, 0, 0], ["0", 5, 0, 0], PLACE), true);
});

Deno.test("splitIntoSegments() splits a route when the speed between two rows is not plausible", () => {
  const rows: Row[] = [["0", 0, 0, 0], ["0", 1, 0, 0.001], ["0", 2, 50, 50], ["0", 3, 50, 50.001]];
  assert.deepEqual(splitIntoSegments(rows, PLACE).map((segment) => segment.length), [2, 2]);
  assert.deepEqual(splitIntoSegments([], PLACE), []);
});

Deno.test("medianSpeed() is undefined when there is only one place", () => {
  assert.equal(medianSpeed([["0", 0, 0, 0]], PLACE), undefined);
});

Deno.test("roundDistance() is 1, 2 or 5 × 10ⁿ and at most the given maximum", () => {
  assert.deepEqual([9, 199, 200, 7_000, 0.3].map(roundDistance), [5, 100, 200, 5_000, 0.2]);
});
