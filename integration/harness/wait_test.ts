import assert from "assert";
import { waitUntil, within } from "./wait.ts";

Deno.test("waitUntil() returns the result when a later poll has one after earlier ones threw", async () => {
  let polls = 0;
  const result = await waitUntil("a result", () => {
    if (++polls === 1) throw new Error("not yet");
    return polls < 3 ? undefined : "found";
  }, { pollIntervalMs: 1 });
  assert.equal(result, "found");
  assert.equal(polls, 3);
});

Deno.test("waitUntil() reports the condition and the last error when it times out", async () => {
  const poll = () => Promise.reject(new Error("refused"));
  await assert.rejects(
    waitUntil("a connection", poll, { timeoutMs: 5, pollIntervalMs: 1 }),
    (error: Error) =>
      error.message === "Timed out after 5 ms waiting for a connection" &&
      (error.cause as Error).message === "refused",
  );
});

Deno.test("waitUntil() throws at once when unless() throws", async () => {
  const unless = () => {
    throw new Error("the service exited");
  };
  await assert.rejects(waitUntil("a result", () => false, { unless }), /the service exited/);
});

Deno.test("within() returns the result, and throws when the promise does not settle in time", async () => {
  assert.equal(await within("a result", 1_000, Promise.resolve(7)), 7);
  await assert.rejects(
    within("a result", 5, new Promise(() => {})),
    /Timed out after 5 ms waiting for a result/,
  );
});
