import assert from "assert";
import { createEmitter } from "../shared/observe/events.ts";
import { EVENTS } from "./events.ts";

Deno.test("the summary message contains the lag, or says that it is unknown", () => {
  const messages: string[] = [];
  const emit = createEmitter(
    EVENTS,
    (_level, _event, message) => messages.push(typeof message === "function" ? message() : message),
  );
  emit("summary", { stored: 20, rejected: 1, rate: 1.6, lag: 3 });
  emit("summary", { stored: 0, rejected: 0, rate: 0, lag: undefined });
  assert.deepEqual(messages, [
    "Stored 20 records (2/s), rejected 1, lag 3.",
    "Stored 0 records (0/s), rejected 0, lag unknown.",
  ]);
});
