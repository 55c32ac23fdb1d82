/**
 * Baseline: a kafkajs consumer that discards the records. It is a separate program so that its CPU time can be measured:
 * `deno run -A integration/bench/kafkajs_consumer.ts <topic> <records>`.
 *
 * @module
 */
import { kafkaClient } from "../../shared/kafka/client.ts";
import { loadSettings, PROCESS } from "../../shared/settings/load.ts";
import { uniqueName } from "../harness/random.ts";

const [topic, records] = Deno.args;
const { settings } = loadSettings(["kafka"], { ...PROCESS, args: [] });
const consumer = kafkaClient(settings, "bench", () => () => {}).consumer({ groupId: uniqueName("bench") });
await consumer.connect();
await consumer.subscribe({ topics: [topic!], fromBeginning: true });
let recordsRead = 0;
await consumer.run({
  autoCommit: false,
  eachBatch: ({ batch }) => {
    recordsRead += batch.messages.length;
    if (recordsRead >= Number(records)) Deno.exit(0);
    return Promise.resolve();
  },
});
