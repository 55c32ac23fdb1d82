import assert from "assert";
import { createEmitter } from "../shared/observe/events.ts";
import { EVENTS } from "./events.ts";

Deno.test("the summary message contains rate and lag, or says that the consumer is idle or the lag unknown", () => {
  const messages: string[] = [];
  const emit = createEmitter(
    EVENTS,
    (_level, _event, message) => messages.push(typeof message === "function" ? message() : message),
  );
  emit("summary", { stored: 20, rejected: 1, rate: 1.6, lag: 3 });
  emit("summary", { stored: 20, rejected: 1, rate: 0.1, lag: 0 });
  emit("summary", { stored: 20, rejected: 1, rate: 0.016, lag: 0 });
  emit("summary", { stored: 20, rejected: 1, rate: 0, lag: 0 });
  emit("summary", { stored: 20, rejected: 1, rate: 0, lag: 7 });
  emit("summary", { stored: 0, rejected: 0, rate: 0, lag: undefined });
  assert.deepEqual(messages, [
    "Stored 20 records (2/s), rejected 1, lag 3.",
    "Stored 20 records (0.1/s), rejected 1, lag 0.",
    "Stored 20 records (0.02/s), rejected 1, lag 0.",
    "Stored 20 records (idle), rejected 1, lag 0.",
    "Stored 20 records (0/s), rejected 1, lag 7.",
    "Stored 0 records (0/s), rejected 0, lag unknown.",
  ]);
});
