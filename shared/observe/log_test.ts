import assert from "assert";
import { createLog } from "./log.ts";

const TEXT = "refused:\x1b]0;title\x07 \x9b2J\r\n00:00:00.000 INFO  all is well \u202e";

for (const format of ["text", "json"] as const) {
  for (const isTerminal of [true, false]) {
    Deno.test(`createLog() escapes control characters (${format}, ${isTerminal ? "terminal" : "file"})`, () => {
      const lines: string[] = [];
      const log = createLog(
        "test",
        { LOG_LEVEL: "info", LOG_FORMAT: format },
        (line) => lines.push(line),
        isTerminal,
      );
      log("error", "refused", TEXT, { detail: TEXT });
      const [line] = lines;
      assert.equal(lines.length, 1);
      // deno-lint-ignore no-control-regex -- they are what it is about
      const body = line!.replace(/\n$/, "").replace(/\x1b\[31mERROR\x1b\[0m/, "ERROR");
      // deno-lint-ignore no-control-regex -- they are what it is about
      assert.doesNotMatch(body, /[\x00-\x1f\x7f-\x9f\u202e]/);
      if (format === "json") {
        assert.deepEqual([JSON.parse(line!).message, JSON.parse(line!).detail], [TEXT, TEXT]);
      } else assert.ok(body.includes("refused:\\u001b]0;title"));
    });
  }
}
