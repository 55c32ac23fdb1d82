import assert from "assert";
import { scenario } from "../harness/scenario.ts";

scenario({
  name: "rejects() lists what lies in quarantine and moves each record once when its cause is gone",
  fault:
    "Records refused by a CHECK constraint that is later dropped; replayed twice, at the same time and again",
  outcome:
    "`deno task rejects` lists them; `--replay` moves each into the table once, and leaves what is still malformed",
}, async (s) => {
  const consumer = await s.consumer();
  await s.produce(5_000);
  await s.oracle({ unless: () => consumer.assertRunning() });
  await s.database.query(
    "ALTER TABLE routes_table ADD CONSTRAINT northern CHECK (latitude >= -81) NOT VALID",
  );
  const load = await s.load(15_000, { PRODUCER_SEED: "another" });
  await s.finished(load);
  const southern = ([, , latitude]: readonly number[]) => latitude! < -81;
  const refused = await s.oracle({ refusable: southern, unless: () => consumer.assertRunning() });
  const count = refused.reasons["refused by the database"]!;
  assert(count > 300, `a twentieth lies below 81° south, but only ${count} were refused`);

  const listed = await s.rejects();
  assert.match(listed, new RegExp(`${s.topic()}: ${count} × refused by the database`));
  assert.match(listed, /northern/);
  const json = await s.rejects(["--format", "json", "--limit", `${refused.rejected + 1}`]);
  assert.equal(json.split("\n").filter((line) => line.startsWith("{")).length, refused.rejected);

  // While the constraint is there, nothing may move.
  assert.match(await s.rejects(["--replay"]), new RegExp(`moved 0 records .*; ${refused.rejected} stay`));
  await s.oracle({ refusable: southern });

  await s.database.query("ALTER TABLE routes_table DROP CONSTRAINT northern");
  const more = await s.load(10_000, { PRODUCER_SEED: "a third" });
  const moved = (await Promise.all([s.rejects(["--replay"]), s.rejects(["--replay"])]))
    .map((output) => Number(output.match(/moved (\d+) records/)![1]));
  assert.equal(moved[0]! + moved[1]!, count);
  await s.finished(more);
  await s.oracle({ unless: () => consumer.assertRunning() });
  assert.match(
    await s.rejects(["--replay", "--reason", "refused by the database"]),
    /moved 0 records .*; 0 stay/,
  );
  await s.oracle();
});
