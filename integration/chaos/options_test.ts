import assert from "assert";
import { readOptions } from "./options.ts";

Deno.test("readOptions() reads flags, with or without the -- of deno task", () => {
  assert.deepEqual(readOptions([]), { minutes: 10, rate: 2000, seed: undefined });
  assert.deepEqual(readOptions(["--", "--minutes", "3", "--seed", "7", "--rate", "500"]), {
    minutes: 3,
    rate: 500,
    seed: 7,
  });
});

Deno.test("readOptions() names the flag when its value is invalid or a run has too many records", () => {
  assert.throws(() => readOptions(["--minutes", "soon"]), /--minutes: "soon"/);
  assert.throws(() => readOptions(["--minutes", "100"]), /more than the 3000000 records.*--rate/);
});
