import assert from "assert";
import { topicIdToUuid, uuidToTopicId } from "./topic_id.ts";

Deno.test("topicIdToUuid() converts a topic id to a UUID, and uuidToTopicId() converts it back", () => {
  // From the output of kafka-topics --describe; Java's Uuid.fromString() has the same bits.
  for (
    const [id, uuid] of [
      ["AAECAwQFBgcICQoLDA0ODw", "00010203-0405-0607-0809-0a0b0c0d0e0f"],
      ["_____________________w", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
      ["-_-_-_-_-_-_-_-_-_-_-w", "fbffbffb-ffbf-fbff-bffb-ffbffbffbffb"],
    ] as const
  ) {
    assert.equal(topicIdToUuid(id), uuid);
    assert.equal(uuidToTopicId(uuid), id);
  }
});

Deno.test("topicIdToUuid() throws when the length is wrong", () => {
  assert.throws(() => topicIdToUuid("AAECAwQ"), /"AAECAwQ" is not a topic id/);
});
