import assert from "assert";
import type pg from "pg";
import { PermanentError } from "../../shared/errors.ts";
import { applySeek } from "./apply_seek.ts";

Deno.test("applySeek() throws when the progress of a partition is not at the expected offset", async () => {
  const seeks = [0, 1].map((partition) => ({ topic: "routes", partition, from: 10, to: 0, stored: 5 }));
  const parameters: unknown[][] = [];
  const clientReturning = (partitions: number[]) =>
    ({
      query: (_: string, values: unknown[]) => {
        parameters.push(values);
        return Promise.resolve({ rows: partitions.map((partition) => ({ topic: "routes", partition })) });
      },
    }) as unknown as pg.Client;
  await applySeek(clientReturning([0, 1]), "g", seeks);
  assert.deepEqual(parameters[0], ["g", ["routes", "routes"], [0, 1], [5, 5], [0, 0]]);
  await assert.rejects(applySeek(clientReturning([0]), "g", seeks), (error: Error) => {
    assert(error instanceof PermanentError);
    assert.match(
      error.message,
      /^Cannot change the progress: the progress of routes\[1\] changed .* Nothing was changed\./,
    );
    return true;
  });
});
