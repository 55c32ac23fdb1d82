import assert from "assert";
import { waitUntil, within } from "./wait.ts";

Deno.test("until() returns what is found when it is there after a while, whatever was thrown before", async () => {
  let looks = 0;
  const found = await waitUntil("it", () => {
    if (++looks === 1) throw new Error("not yet");
    return looks < 3 ? undefined : "found";
  }, { pollIntervalMs: 1 });
  assert.equal(found, "found");
  assert.equal(looks, 3);
});

Deno.test("until() says what it waited for, and the last error, when time is up", async () => {
  await assert.rejects(
    waitUntil("the moon", () => Promise.reject(new Error("clouds")), { timeoutMs: 5, pollIntervalMs: 1 }),
    (error: Error) =>
      /Timed out after 5 ms waiting for the moon$/.test(error.message) &&
      (error.cause as Error).message === "clouds",
  );
});

Deno.test("until() gives up at once when there is no use in waiting on", async () => {
  const unless = () => {
    throw new Error("it is dead");
  };
  await assert.rejects(waitUntil("it", () => false, { unless }), /it is dead/);
});

Deno.test("within() throws when a promise is late, and passes on what it resolves to when it isn't", async () => {
  assert.equal(await within("it", 1_000, Promise.resolve(7)), 7);
  await assert.rejects(
    within("the moon", 5, new Promise(() => {})),
    /Timed out after 5 ms waiting for the moon$/,
  );
});
