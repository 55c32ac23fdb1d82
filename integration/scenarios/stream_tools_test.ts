import assert from "assert";
import { basename, join } from "node:path";
import { send } from "../harness/produce.ts";
import { PROJECT } from "../harness/project.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { inheritedEnvironment } from "../harness/service.ts";
import { createTopic } from "../harness/topic.ts";

const VALUES = [
  `{"id": 9223372036854775807, "at": "2026-01-02T03:04:05.678901+02:00", "amount": 0.10, "tags": ["a", null], "note": null}`,
  `{"note":"\u00fc","tags":[],"amount":12,"at":"2026-01-02T03:04:05Z","id":-1,"more":{"x":[1.50]}}`,
];

/** Runs a tool with its permissions; returns its output. */
async function runTool(s: ScenarioContext, name: string, args: string[], directory: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-P=tools", `tools/${name}.ts`, ...args],
    cwd: PROJECT,
    clearEnv: true,
    env: {
      ...inheritedEnvironment(),
      KAFKA_BOOTSTRAP_SERVERS: s.kafka.bootstrapServers,
      KAFKA_TOPIC_PREFIX: s.topicPrefix,
      STREAMS_DIRECTORY: directory,
    },
  }).output();
  const [output, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, log!);
  return output!;
}

scenario({
  name: "stream:infer writes a file with which the consumer stores every record of the topic",
  failure: "A topic has records of another program that no stream describes, some of them not JSON",
  result:
    "stream:infer and stream:check name what is unclear; the consumer stores exactly what stream:check accepts",
  needs: "processes",
}, async (s) => {
  const topic = `${s.topicPrefix}orders.v1`;
  await createTopic(s.kafka.bootstrapServers, topic, 2);
  const records = VALUES.map((value, partition) => ({ key: `${partition}`, value, partition }));
  await send(s.kafka.bootstrapServers, topic, [...records, { key: "x", value: "no JSON", partition: 0 }]);
  const folder = await Deno.makeTempDir({ dir: join(PROJECT, "res/streams"), prefix: "test-" });
  try {
    const directory = `res/streams/${basename(folder)}`;
    const inferred = await runTool(s, "stream_infer", [topic], directory);
    assert.match(
      inferred,
      /^Read 3 records of .* and wrote .*\/orders-v1\.json\.\n {2}1 records are text, but not JSON\n/,
    );
    const checked = await runTool(s, "stream_check", [`${directory}/orders-v1.json`], directory);
    assert.match(checked, /CREATE TABLE IF NOT EXISTS orders_v1_table .*"id" bigint NOT NULL/s);
    assert.match(
      checked,
      /Read 3 records of .*: 2 accepted, 1 rejected\.\n {2}1 × not JSON\nFirst rejections:\n.*@1: not JSON/,
    );

    const settings = { STREAMS: "orders-v1", STREAMS_DIRECTORY: directory, CONSUMER_UNTIL_CAUGHT_UP: "true" };
    await s.waitForExit(await s.startConsumer(settings));
    const rows = await s.database.query(
      "SELECT id::text, at = '2026-01-02 01:04:05.678901Z' AS is_first, amount::text, tags::text, note, more::text FROM orders_v1_table ORDER BY id DESC",
    );
    assert.deepEqual(rows, [
      { id: "9223372036854775807", is_first: true, amount: "0.10", tags: "{a,NULL}", note: null, more: null },
      { id: "-1", is_first: false, amount: "12", tags: "{}", note: "ü", more: '{"x": [1.50]}' },
    ]);
    const rejected = await s.database.query("SELECT reason FROM rejected_records");
    assert.deepEqual(rejected, [{ reason: "not JSON" }]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
