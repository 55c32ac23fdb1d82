import assert from "assert";
import { Tally } from "./tally.ts";

Deno.test("lines() show times and longest recovery when faults were counted, and those that never came", () => {
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
