import assert from "assert";
import { Tally } from "./tally.ts";

Deno.test("lines() shows the count and longest recovery of each fault, even of those that did not occur", () => {
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
