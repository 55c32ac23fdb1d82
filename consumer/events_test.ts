import assert from "assert";
import { createEmitter } from "../shared/observe/events.ts";
import { EVENTS } from "./events.ts";

Deno.test("summary says how far behind the consumer is, or that it is not known", () => {
  const said: string[] = [];
  const tell = createEmitter(
    EVENTS,
    (_level, _event, message) => said.push(typeof message === "function" ? message() : message),
  );
  tell("summary", { stored: 20, rejected: 1, rate: 1.6, lag: 3 });
  tell("summary", { stored: 0, rejected: 0, rate: 0, lag: undefined });
  assert.deepEqual(said, [
    "Stored 20 records (2/s), rejected 1; 3 behind.",
    "Stored 0 records (0/s), rejected 0; how far behind is not known yet.",
  ]);
});
