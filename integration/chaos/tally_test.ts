import assert from "assert";
import { Tally } from "./tally.ts";

Deno.test("lines() shows counts and longest recoveries, including faults that did not occur", () => {
  const tally = new Tally(["Kafka: killed", "cut"]);
  tally.add("Kafka: killed", 1_200);
  tally.add("Kafka: killed", 800);
  assert.deepEqual(tally.lines(), [
    "fault          times  longest recovery",
    "Kafka: killed      2             1.2 s",
    "cut                0                  ",
  ]);
  assert.equal(tally.total, 2);
});
