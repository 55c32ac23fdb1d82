import assert from "assert";
import { assignmentOutcome } from "./assignment.ts";

const TOPICS = [{
  name: "routes",
  id: undefined,
  error: undefined,
  partitions: [0, 1, 2].map((partition) => ({ partition, leader: 1, error: undefined })),
}];

Deno.test("assignmentOutcome() fails with the partitions when no member of the group is assigned them", () => {
  assert.equal(assignmentOutcome("g", TOPICS, () => true).mark, "ok");
  const outcome = assignmentOutcome("g", TOPICS, (_, partition) => partition === 1);
  assert.equal(outcome.mark, "failed");
  assert.match(outcome.message, /of the group g: routes\[0\], routes\[2\]$/);
});
