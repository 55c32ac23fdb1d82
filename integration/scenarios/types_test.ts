import assert from "assert";
import { join } from "node:path";
import { send } from "../harness/produce.ts";
import { PROJECT } from "../harness/project.ts";
import { readTopic } from "../harness/read_topic.ts";
import { runPython } from "../harness/python.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { createTopic } from "../harness/topic.ts";
import { Psql } from "../types/psql.ts";
import { TEST_COLUMNS, TEST_STREAM, TEST_TABLE, TEST_TABLE_SQL, testRecords } from "../types/type_table.ts";
import { waitUntil } from "../harness/wait.ts";

/** A request must not exceed the broker's limit of 1 MiB. */
const RECORDS_PER_REQUEST = 500;

const COMPARISON = join(PROJECT, "integration/types/compare_types.py");

/** Creates the topic of {@link TEST_STREAM} with records and runs a consumer until it has processed all of them. */
async function consumeAll(s: ScenarioContext, values: readonly string[], file: object): Promise<string> {
  // Services may only read files in this folder.
  const folder = await Deno.makeTempDir({ dir: join(PROJECT, "res"), prefix: "streams-" });
  try {
    await Deno.writeTextFile(join(folder, "types.json"), JSON.stringify(file));
    const topic = s.topicPrefix + TEST_STREAM.topic;
    await createTopic(s.kafka.bootstrapServers, topic, 2);
    const records = values.map((value, id) => ({ key: `${id}`, value }));
    for (let at = 0; at < records.length; at += RECORDS_PER_REQUEST) {
      await send(s.kafka.bootstrapServers, topic, records.slice(at, at + RECORDS_PER_REQUEST));
    }
    const consumer = await s.startConsumer({ STREAMS: "types", STREAMS_DIRECTORY: folder });
    await waitUntil("all records", async () => await processed(s) === values.length, {
      unless: () => consumer.assertRunning(),
    });
    return topic;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Number of records that were stored or rejected. */
async function processed(s: ScenarioContext): Promise<number> {
  try {
    return await s.database.number("SELECT sum(next_offset) FROM consumer_progress");
  } catch {
    return 0;
  }
}

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
  const topic = await consumeAll(s, testRecords(s.random.seed), TEST_STREAM);

  const columns = Object.keys(TEST_COLUMNS).map((name) => `"${name}"`).join(", ");
  const { records } = await readTopic(s.kafka, topic);
  const lines = records.map(({ partition, offset, value }) => `${partition}\t${offset}\t${value}\n`);
  const files = {
    topic: lines.join(""),
    stored: await psql.csv(`SELECT id, ${columns} FROM ${TEST_TABLE}`, true),
    rejected: await psql.csv('SELECT partition, "offset", detail FROM rejected_records', false),
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(s.folder, name), text);
  const paths = Object.keys(files).map((name) => join(s.folder, name));
  const { code, stdout, stderr } = await runPython([COMPARISON, ...paths]);
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(
    await psql.run(
      `SELECT count(*) FROM ${TEST_TABLE} WHERE serial IS NULL OR created IS NULL OR twice <> 2 * id;`,
    ),
    ["0"],
  );
});

/** Encodings of databases, and the indexes of the texts that each can store. */
const ENCODINGS: Readonly<Record<string, readonly number[]>> = {
  LATIN1: [0, 1],
  WIN1252: [0, 1, 2],
  EUC_JP: [0, 1, 3],
  SQL_ASCII: [0, 1, 2, 3, 4],
};

const ENCODED_TEXTS = ["plain", "käufer", "€", "語", "𝄞"];

for (const [encoding, stored] of Object.entries(ENCODINGS)) {
  scenario({
    name: `consumer rejects text that a database in ${encoding} cannot store`,
    failure: `Text and JSON with characters of several languages; the database's encoding is ${encoding}`,
    result: "Records with other characters are rejected, naming the column; all others are stored",
    services: "process",
    needs: "processes",
  }, async (s) => {
    const server = new Psql(s.postgres);
    await server.run(
      `CREATE DATABASE "${s.id}" ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;`,
    );
    const values = ENCODED_TEXTS.flatMap((text, id) => {
      const json = JSON.stringify(text);
      const escaped = json.replace(
        /[^ -~]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      return [
        `{"id":${id},"text":${escaped}}`,
        `{"id":${id},"jsonb":[${json}]}`,
        `{"id":${id},"jsonb":{${escaped}:1}}`,
      ];
    });
    const file = {
      ...TEST_STREAM,
      table: "types",
      columns: { id: { type: "integer" }, text: { type: "text" }, jsonb: { type: "jsonb" } },
    };
    await consumeAll(s, values, file);
    const rows = await s.database.query<{ id: number; count: number }>(
      "SELECT id, count(*)::int FROM types GROUP BY id ORDER BY id",
    );
    assert.deepEqual(rows, stored.map((id) => ({ id, count: 3 })));
    const details = await s.database.query<{ detail: string }>("SELECT detail FROM rejected_records");
    assert.equal(details.length, values.length - 3 * stored.length);
    // The server checks multibyte encodings.
    if (encoding === "EUC_JP") return;
    for (const { detail } of details) {
      assert.match(detail, /^column (text|jsonb): contains .* \(U\+[0-9A-F]+\)/);
    }
  });
}
