import assert from "assert";
import { sendWithJava } from "../harness/java_producer.ts";
import { PYTHON_CLIENTS, sendWithPython } from "../harness/python_clients.ts";
import { readTopic, type TopicRecord } from "../harness/read_topic.ts";
import { ALL_RULES } from "../harness/rules.ts";
import { scenario } from "../harness/scenario.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import { createTopic } from "../harness/topic.ts";

const STREAMS = [...ALL_RULES.keys()].join(",");

scenario({
  name: "consumer stores the records of every stream once when clients for Python, C and Java produce them",
  failure:
    "kafka-python, librdkafka and Kafka's Java client send the records of every stream in other layouts: members in another order, white space, escapes, unknown members",
  result: "Each valid record is stored once in any layout; the others are rejected",
}, async (s) => {
  const { bootstrapServers } = s.kafka;
  // The records to send again are those of our producer, in topics that no consumer reads.
  const prefix = `${s.id}-own-`;
  await s.produce(800 * ALL_RULES.size, {
    STREAMS,
    KAFKA_TOPIC_PREFIX: prefix,
    PRODUCER_RATE: 0,
    PRODUCER_MALFORMED_RATIO: 0.05,
  });
  for (const rules of ALL_RULES.values()) {
    const topic = s.topic(rules);
    await createTopic(bootstrapServers, topic, PARTITIONS);
    const { records } = await readTopic(s.kafka, prefix + rules.topic);
    assert(records.length > 100);
    for (const client of PYTHON_CLIENTS) await sendWithPython(client, bootstrapServers, topic, records);
    await sendWithJava(s.kafka, topic, records.filter(isLine).map(spaced), "snappy");
  }
  await s.waitForExit(await s.startConsumer({ STREAMS, CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  for (const rules of ALL_RULES.values()) {
    const { stored, superseded, rejected } = await s.reconcile({ rules });
    assert(
      stored + superseded > 300 && rejected > 30,
      `${rules.name}: ${stored} stored, ${rejected} rejected`,
    );
  }
});

/** Whether the record's bytes are printable, so that the console producer can send it. */
const isLine = ({ key, value }: TopicRecord) => !key?.includes("\\") && !value?.includes("\\");

/** The record with white space between its members, without a change of texts. */
const spaced = ({ key, value }: TopicRecord) => ({
  key,
  value: value?.replace(/^\{"/, '{ "').replace(/\}$/, "\t}") ?? null,
});
