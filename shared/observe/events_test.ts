import assert from "assert";
import { createEmitter, event, messageOnly } from "./events.ts";
import { createLog } from "./log.ts";

Deno.test("createEmitter() updates metrics always, and formats the message only when the line is logged", () => {
  let made = 0, moved = 0;
  const kinds = {
    quiet: event<{ n: number }>("debug", ({ n }) => `made ${made += n}`, () => moved++),
    loud: event<{ n: number }>("info", ({ n }) => `made ${made += n}`, () => moved++),
  };
  const lines: string[] = [];
  const log = createLog("test", { LOG_LEVEL: "info", LOG_FORMAT: "json" }, (line) => lines.push(line), false);
  const tell = createEmitter(kinds, log);
  tell("quiet", { n: 1 });
  assert.deepEqual([made, moved, lines.length], [0, 1, 0]);
  tell("loud", { n: 2 });
  assert.deepEqual([made, moved], [2, 2]);
  assert.equal(JSON.parse(lines[0]!).message, "made 2");
});

Deno.test("messageOnly() logs the message without fields", () => {
  const lines: unknown[] = [];
  const tell = createEmitter({ group_left: messageOnly("debug") }, (level, name, message, fields) => {
    lines.push([level, name, typeof message === "string" ? message : message(), fields]);
  });
  tell("group_left", { text: "Left the group." });
  assert.deepEqual(lines, [["debug", "group_left", "Left the group.", {}]]);
});
