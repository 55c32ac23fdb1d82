import assert from "assert";
import { SettingsError } from "./settings/error.ts";
import { loadStreams } from "./streams.ts";

Deno.test("loadStreams() accepts prefixes that result in legal topic names, and throws for others", async () => {
  for (const prefix of ["", "team1.", "a_b-c.", "x".repeat(243)]) {
    const [routes] = await loadStreams(["routes"], prefix);
    assert.equal(routes!.topic, `${prefix}routes`);
  }
  for (const prefix of ["team 1/", "tëam.", "a:b", "x\n", "x".repeat(244)]) {
    await assert.rejects(loadStreams(["routes"], prefix), (error) => {
      assert(error instanceof SettingsError);
      assert.match(error.message, /KAFKA_TOPIC_PREFIX .* not legal/s);
      return true;
    });
  }
});
