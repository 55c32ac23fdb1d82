/**
 * Tests the comparison itself: it must report each kind of difference. No consumer runs; the scenario writes the tables.
 *
 * @module
 */
import assert from "assert";
import { unescapeBytes } from "../harness/escape_bytes.ts";
import { expectedRows } from "../harness/expected_rows.ts";
import { type RawRecord, send, sendTransactions } from "../harness/produce.ts";
import { readTopic, type TopicRecord } from "../harness/read_topic.ts";
import { ROUTES } from "../harness/rules.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { createTopic } from "../harness/topic.ts";

const VALID: RawRecord[] = [
  {
    key: "1",
    value: '{"userID":1,"timestamp":1700000000.123456,"coordinates":[48.85661400000001,2.3522219]}',
  },
  { key: "1", value: '{"userID":1,"timestamp":1700000001.5,"coordinates":[-0,0.1]}' },
  { key: "2", value: '{"userId":2147483647,"timestamp":0,"coordinates":[90,-180],"more":["\\"{",{}]}' },
  // A record that was sent twice is stored twice.
  { key: "3", value: '{"userID":3,"timestamp":5e-324,"coordinates":[1e-7,179.99999999999997]}' },
  { key: "3", value: '{"userID":3,"timestamp":5e-324,"coordinates":[1e-7,179.99999999999997]}' },
];
const INVALID: RawRecord[] = [
  { key: null, value: null },
  { key: new Uint8Array([0, 9, 10, 92, 255]), value: new Uint8Array([123, 0, 255, 9, 10, 92, 125]) },
  { key: "", value: "" },
  { key: "5", value: '{"userID":5,"userID":5,"timestamp":1,"coordinates":[1,1]}' },
  { key: "5", value: '{"userID":5,"timestamp":1e400,"coordinates":[1,1]}' },
];

scenario({
  name:
    "reconcile() finds no difference when every record is stored once, and reports each kind of difference",
  failure:
    "Rows are missing, duplicated, invented, changed by one bit, or out of order; records are rejected wrongly",
  result: "The comparison at the end of each scenario reports topic, partition and offset",
}, async (s) => {
  const topic = s.topic();
  await createTopic(s.kafka.bootstrapServers, topic, 2);
  await send(s.kafka.bootstrapServers, topic, [...VALID, ...INVALID]);
  await sendTransactions(s.kafka.bootstrapServers, topic, [
    { records: [{ key: "7", value: '{"userID":7,"timestamp":7,"coordinates":[7,7]}' }], commit: false },
    { records: [{ key: "8", value: '{"userID":8,"timestamp":8,"coordinates":[8,8]}' }], commit: true },
  ]);
  const content = await readTopic(s.kafka, topic);
  const { records } = content;
  assert.equal(records.length, VALID.length + INVALID.length + 1);
  await createTables(s);
  await store(s, records);
  const result = await s.reconcile({ content, ordered: true });
  assert.equal(result.stored, VALID.length + 1);
  assert.equal(result.rejected, INVALID.length);

  for (const [what, change, restore, difference] of differences(topic, records)) {
    await s.database.query(change);
    await assert.rejects(
      s.reconcile({ content, ordered: true }),
      (error: Error) =>
        error.name === "ReconciliationError" &&
        (typeof difference === "string"
          ? error.message.includes(difference)
          : difference.test(error.message)),
      `${what}: ${difference}`,
    );
    await s.database.query(restore);
  }
  await s.database.query("DELETE FROM consumer_progress WHERE partition = 1");
  await assert.rejects(s.reconcile({ content, timeoutMs: 500 }), /did not reach the end of topic/);
});

type Difference = [what: string, change: string, restore: string, message: string | RegExp];

/** Statements that make the tables differ from the topic, those that undo them, and the expected messages. */
function differences(topic: string, records: readonly TopicRecord[]): Difference[] {
  const sent = (value: unknown) => {
    const record = records.find((record) => record.value === value)!;
    return `topic ${topic}, partition ${record.partition}, offset ${record.offset}`;
  };
  return [...rowDifferences(sent), ...rejectedDifferences(sent)];
}

function rowDifferences(sent: (value: unknown) => string): Difference[] {
  return [
    [
      "missing row",
      "DELETE FROM routes_table WHERE user_id = 8",
      "INSERT INTO routes_table VALUES (8, 8, 8, 8)",
      `missing in routes_table: ${sent('{"userID":8,"timestamp":8,"coordinates":[8,8]}')}`,
    ],
    [
      "duplicated row",
      "INSERT INTO routes_table VALUES (8, 8, 8, 8)",
      "DELETE FROM routes_table WHERE ctid = (SELECT max(ctid) FROM routes_table)",
      `duplicated in routes_table: 8, 8, 8, 8 (${sent('{"userID":8,"timestamp":8,"coordinates":[8,8]}')})`,
    ],
    [
      "row of an aborted transaction",
      "INSERT INTO routes_table VALUES (7, 7, 7, 7)",
      "DELETE FROM routes_table WHERE user_id = 7",
      "invented in routes_table: 7, 7, 7, 7",
    ],
    [
      "last bit of a double",
      "UPDATE routes_table SET latitude = 48.856614 WHERE user_id = 1 AND longitude = 2.3522219",
      "UPDATE routes_table SET latitude = 48.85661400000001 WHERE user_id = 1 AND longitude = 2.3522219",
      `missing in routes_table: ${sent(VALID[0]!.value)}`,
    ],
    [
      "sign of zero",
      "UPDATE routes_table SET latitude = '0' WHERE user_id = 1 AND latitude = 0",
      "UPDATE routes_table SET latitude = '-0' WHERE user_id = 1 AND latitude = 0",
      `missing in routes_table: ${sent(VALID[1]!.value)}`,
    ],
    [
      "progress beyond the end",
      "UPDATE consumer_progress SET next_offset = next_offset + 10 WHERE partition = 0",
      "UPDATE consumer_progress SET next_offset = next_offset - 10 WHERE partition = 0",
      /consumer_progress of group .* in partition 0/,
    ],
    [
      "order of one user's rows",
      "UPDATE routes_table SET timestamp = timestamp WHERE user_id = 1 AND longitude = 2.3522219",
      "UPDATE routes_table SET timestamp = timestamp WHERE user_id = 1 AND longitude <> 2.3522219",
      `out of order: ${sent(VALID[0]!.value)}`,
    ],
  ];
}

function rejectedDifferences(sent: (value: unknown) => string): Difference[] {
  return [
    [
      "missing rejection",
      "UPDATE rejected_records SET topic = 'other' WHERE value = ''",
      "UPDATE rejected_records SET topic = (SELECT topic FROM consumer_progress LIMIT 1) WHERE value = ''",
      `missing in rejected_records: ${sent("")}`,
    ],
    [
      "byte of a rejected value",
      "UPDATE rejected_records SET value = '\\x7b00fe090a5c7d' WHERE key = '\\x00090a5cff'",
      "UPDATE rejected_records SET value = '\\x7b00ff090a5c7d' WHERE key = '\\x00090a5cff'",
      /different value in rejected_records: topic .*: \{\\x00\\xFE\\x09\\x0A\\x5C\}, not \{\\x00\\xFF\\x09\\x0A\\x5C\}/,
    ],
    [
      "null instead of an empty key",
      "UPDATE rejected_records SET key = NULL WHERE value = ''",
      "UPDATE rejected_records SET key = '' WHERE value = ''",
      `different key in rejected_records: ${sent("")}: null, not `,
    ],
    [
      "timestamp of a rejected record",
      "UPDATE rejected_records SET timestamp_ms = timestamp_ms + 1 WHERE value = ''",
      "UPDATE rejected_records SET timestamp_ms = timestamp_ms - 1 WHERE value = ''",
      `different timestamp in rejected_records: ${sent("")}`,
    ],
    [
      "header that the record does not have",
      "UPDATE rejected_records SET headers = '{{\\x61,\\x62}}' WHERE value = ''",
      "UPDATE rejected_records SET headers = '{}' WHERE value = ''",
      `different headers in rejected_records: ${sent("")}`,
    ],
  ];
}

async function createTables(s: ScenarioContext): Promise<void> {
  await s.database.create();
  await s.database.query(
    `CREATE TABLE routes_table (user_id INT NOT NULL, timestamp DOUBLE PRECISION NOT NULL,
       latitude DOUBLE PRECISION NOT NULL, longitude DOUBLE PRECISION NOT NULL);
     CREATE TABLE rejected_records (topic TEXT, partition INT, "offset" BIGINT, key BYTEA, value BYTEA,
       reason TEXT, detail TEXT, timestamp_ms BIGINT, headers BYTEA[], PRIMARY KEY (topic, partition, "offset"));
     CREATE TABLE consumer_progress (group_id TEXT, topic TEXT, partition INT, next_offset BIGINT)`,
  );
}

/** Stores each record as a consumer does. */
async function store(s: ScenarioContext, records: readonly TopicRecord[]): Promise<void> {
  const bytes = (text: string | null) => text === null ? null : Buffer.from(unescapeBytes(text));
  const ends = new Map<number, number>();
  const expectations = await expectedRows(ROUTES, s.topic(), records);
  for (const [index, { partition, offset, key, value, timestamp }] of records.entries()) {
    const { row } = expectations[index]!;
    if (row) await s.database.query("INSERT INTO routes_table VALUES ($1, $2, $3, $4)", [...row]);
    else {
      await s.database.query(
        `INSERT INTO rejected_records VALUES ($1, $2, $3, $4, $5, 'some reason', 'some detail', $6, '{}')`,
        [s.topic(), partition, offset, bytes(key), bytes(value), timestamp],
      );
    }
    ends.set(partition, offset + 1);
  }
  for (const [partition, end] of ends) {
    await s.database.query(`INSERT INTO consumer_progress VALUES ($1, $2, $3, $4)`, [
      s.group,
      s.topic(),
      partition,
      end,
    ]);
  }
}
