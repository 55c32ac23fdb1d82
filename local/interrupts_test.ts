import assert from "assert";
import { waitUntil } from "./servers/wait_until.ts";
import { Interrupts } from "./interrupts.ts";

Deno.test("Interrupts asks to stop at the first signal, and at once at a later one that is not its echo", async () => {
  let impatient = 0;
  using interrupts = new Interrupts(() => impatient++);
  assert.equal(interrupts.signal.aborted, false);
  const started = performance.now();
  // Not SIGINT: `deno test` takes that for itself.
  Deno.kill(Deno.pid, "SIGHUP");
  assert.ok(await waitUntil(() => interrupts.signal.aborted, 2_000, 5));
  Deno.kill(Deno.pid, "SIGHUP");
  // Sent until it counts; the first ones are taken for the echo.
  const counted = await waitUntil(
    () => {
      if (impatient === 0) Deno.kill(Deno.pid, "SIGHUP");
      return impatient > 0;
    },
    3_000,
    20,
  );
  assert.ok(counted);
  assert.ok(performance.now() - started >= 300);
});
