import assert from "assert";
import { join } from "node:path";
import { send } from "../harness/produce.ts";
import { PROJECT } from "../harness/project.ts";
import { readTopic } from "../harness/read_topic.ts";
import { scenario } from "../harness/scenario.ts";
import { createTopic } from "../harness/topic.ts";
import { Psql } from "../types/psql.ts";
import { TEST_COLUMNS, TEST_STREAM, TEST_TABLE, TEST_TABLE_SQL, testRecords } from "../types/type_table.ts";
import { waitUntil } from "../harness/wait.ts";

const COMPARISON = join(PROJECT, "integration/types/compare_types.py");

scenario({
  name: "consumer stores or rejects values of every type as a program in Python does",
  failure: "An existing table with a column of every type receives usual, random and hostile values of each",
  result:
    "psql prints what Python computes from the topic; every other record is rejected, naming its column",
  services: "process",
  needs: "processes",
}, async (s) => {
  await s.database.create();
  const psql = new Psql(s.postgres, s.database.name);
  await psql.run(TEST_TABLE_SQL);
  // Services may only read files in this folder.
  const folder = await Deno.makeTempDir({ dir: join(PROJECT, "res"), prefix: "streams-" });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.writeTextFile(join(folder, "types.json"), JSON.stringify(TEST_STREAM));
  const topic = s.topicPrefix + TEST_STREAM.topic;
  await createTopic(s.kafka.bootstrapServers, topic, 2);
  const values = testRecords(s.random.seed);
  await send(s.kafka.bootstrapServers, topic, values.map((value, id) => ({ key: `${id}`, value })));

  const consumer = await s.startConsumer({ STREAMS: "types", STREAMS_DIRECTORY: folder });
  const stored = async () => {
    try {
      return await s.database.number(`SELECT sum(next_offset) FROM consumer_progress`);
    } catch {
      return 0;
    }
  };
  await waitUntil("all records", async () => await stored() === values.length, {
    unless: () => consumer.assertRunning(),
  });

  const columns = Object.keys(TEST_COLUMNS).map((name) => `"${name}"`).join(", ");
  const { records } = await readTopic(s.kafka, topic);
  const lines = records.map(({ partition, offset, value }) => `${partition}\t${offset}\t${value}\n`);
  const files = {
    topic: lines.join(""),
    stored: await psql.csv(`SELECT id, ${columns} FROM ${TEST_TABLE}`, true),
    rejected: await psql.csv('SELECT partition, "offset", detail FROM rejected_records', false),
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(s.folder, name), text);
  const { code, stdout, stderr } = await new Deno.Command("python3", {
    args: [COMPARISON, ...Object.keys(files).map((name) => join(s.folder, name))],
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 0, output);
  assert.deepEqual(
    await psql.run(
      `SELECT count(*) FROM ${TEST_TABLE} WHERE serial IS NULL OR created IS NULL OR twice <> 2 * id;`,
    ),
    ["0"],
  );
});
