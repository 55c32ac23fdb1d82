import assert from "assert";
import { scenario } from "../harness/scenario.ts";

scenario({
  name: "progress shows lag and owners, and changes the progress only while no consumer runs",
  failure:
    "`--seek` while a consumer runs, while another session changes the progress, back to the beginning after TRUNCATE, and to the end",
  result:
    "Refused with exit code 2 while consumers run; the report alone changes nothing; then every record is stored once again, or skipped",
}, async (s) => {
  const lines = (output: string, pattern: RegExp) => output.split("\n").filter((line) => pattern.test(line));
  const consumer = await s.startConsumer();
  await s.produce(2_000);
  const { stored } = await s.reconcile({ unless: () => consumer.assertRunning() });
  const running = await s.runProgress();
  assert.match(running, new RegExp(`^Group ${s.group}, 1 member$`, "m"));
  assert(lines(running, /^\S+\[\d+\] +\d+ +\d+ +0 {2}\S+ \(\S+\)$/).length > 1, running);
  const seek = (...args: string[]) => s.runProgress(["--seek", ...args]);
  await assert.rejects(
    seek("beginning", "--yes"),
    /exited with code 2:\n.*consumers of the group .* are running: /,
  );
  await consumer.stop();

  const offsets = () => s.database.query("SELECT partition, next_offset FROM consumer_progress ORDER BY 1");
  const before = await offsets();
  const report = await seek("beginning");
  assert.match(report, /: up to \d+ records are stored again\n/);
  assert.match(report, /Nothing was changed\. Add --yes/);
  assert.deepEqual(await offsets(), before);

  // The row is locked until the progress has changed.
  const change = s.database.query(
    `BEGIN; UPDATE consumer_progress SET next_offset = next_offset + 1; SELECT pg_sleep(8); COMMIT`,
  );
  await assert.rejects(seek("beginning", "--yes"), /exited with code 2:[\s\S]* changed in the meantime/);
  await change;
  await s.database.query("UPDATE consumer_progress SET next_offset = next_offset - 1");
  assert.deepEqual(await offsets(), before);

  await s.database.query("TRUNCATE routes_table, rejected_records");
  assert.match(await seek("2020-01-01T00:00:00Z", "--yes"), /^Changed the progress of \d+ partitions/m);
  await s.waitForExit(await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  await s.reconcile();

  await s.produce(1_000, { PRODUCER_SEED: "skipped" });
  assert.match(await seek("end", "--yes"), /: up to \d+ records are skipped\n/);
  await s.waitForExit(await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  assert.equal(await s.countRows(), stored);
});
