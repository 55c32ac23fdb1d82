import assert from "assert";
import { owners } from "./owners.ts";

const TOPICS = [{
  name: "routes",
  id: undefined,
  error: undefined,
  partitions: [0, 1, 2].map((partition) => ({ partition, leader: 1, error: undefined })),
}];

Deno.test("owners() names the partitions that no member of the group consumes", () => {
  assert.equal(owners("g", TOPICS, () => true).mark, "ok");
  const outcome = owners("g", TOPICS, (_, partition) => partition === 1);
  assert.equal(outcome.mark, "failed");
  assert.match(outcome.why, /consumes routes\[0\], routes\[2\]$/);
});
