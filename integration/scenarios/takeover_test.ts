import assert from "assert";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { Row } from "../harness/expected_rows.ts";
import { PROJECT } from "../harness/project.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";

/** What version 0.9 had: its tables, and an env file with all of its settings. */
const V0_9 = join(PROJECT, "integration", "v0_9");

/** The consumer's settings of the env file; it has servers and a group of its own. */
async function consumerSettings(): Promise<Record<string, string>> {
  const all = Object.entries(parseEnv(await Deno.readTextFile(join(V0_9, "settings.env"))));
  return Object.fromEntries(
    all.filter(([name]) => name.startsWith("CONSUMER_") && name !== "CONSUMER_GROUP_ID"),
  ) as Record<string, string>;
}

/** Replaces the tables by those of version 0.9 with the same content. */
async function replaceTables(s: ScenarioContext): Promise<void> {
  const columns = {
    routes_table: "*",
    consumer_progress: "group_id, topic, partition, next_offset, topic_id",
    rejected_records: `topic, partition, "offset", key, value, reason, detail, rejected_at`,
  };
  await s.database.query([
    "CREATE SCHEMA later;",
    ...Object.keys(columns).map((table) => `ALTER TABLE ${table} SET SCHEMA later;`),
    await Deno.readTextFile(join(V0_9, "tables.sql")),
    ...Object.entries(columns).map(([table, list]) =>
      `INSERT INTO ${table} SELECT ${list} FROM later.${table};`
    ),
    "DROP SCHEMA later CASCADE",
  ].join("\n"));
}

scenario({
  name: "consumer continues and replays when it takes over tables and settings of version 0.9",
  failure:
    "Tables exactly as version 0.9 created them, with rows, progress and rejected records; an env file with all of its settings",
  result:
    "The tables are upgraded, the consumer resumes at the progress, every record is stored once, and old rejected records are replayed",
}, async (s) => {
  const settings = await consumerSettings();
  const southern = ([, , latitude]: Row) => Number(latitude) < -81;
  const run = async () => {
    const consumer = await s.startConsumer(settings);
    await s.waitForExit(consumer);
    return { log: consumer.log, ...await s.reconcile({ mayBeRejected: southern, previousVersion: true }) };
  };
  await s.produce(2_000);
  await s.database.create();
  await s.database.query(await Deno.readTextFile(join(V0_9, "tables.sql")));
  await s.database.query("ALTER TABLE routes_table ADD CONSTRAINT northern CHECK (latitude >= -81)");
  const before = await run();
  const old = before.reasons["refused by the database"]!;
  assert(old > 0);
  await replaceTables(s);

  await s.produce(2_000, { PRODUCER_SEED: "another" });
  const { log, stored } = await run();
  assert.match(log, /CONSUMER_BATCH_INFLATED_BYTES_MAX is deprecated/);
  assert.match(log, /Created column timestamp_ms of table rejected_records/);
  assert.doesNotMatch(log, /table_warning/);
  assert.match(log, new RegExp(`"event":"stopped".*"stored":${stored - before.stored},`));
  // Only the records that version 0.9 rejected have no metadata.
  const withoutHeaders = await s.database.number(
    "SELECT count(*) FROM rejected_records WHERE headers IS NULL",
  );
  assert.equal(withoutHeaders, before.rejected);

  assert.match(
    await s.runRejects(["--replay", "--reason", "refused by the database"]),
    new RegExp(`moved ${old} records`),
  );
  await s.reconcile({ previousVersion: true });
});
