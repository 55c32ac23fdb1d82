import assert from "assert";
import type { KafkaServer } from "../../local/servers/mod.ts";
import { readTopic } from "./read_topic.ts";

/** A broker with a topic of two partitions with 3 offsets each, whose console consumer prints the given outputs in turn. */
function broker(outputs: string[], positions: string): KafkaServer & { timeouts: string[] } {
  const timeouts: string[] = [];
  const tool = (name: string, args: string[]) => {
    let stdout = "t:0:3\nt:1:3\n";
    if (name === "kafka-console-consumer") {
      timeouts.push(args[args.indexOf("--timeout-ms") + 1]!);
      stdout = outputs.shift()!;
    } else if (name === "kafka-consumer-groups") {
      stdout = `\nGROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET\n${positions}`;
    }
    return Promise.resolve({ stdout, stderr: "", code: 0 });
  };
  return { timeouts, tool } as Partial<KafkaServer> as KafkaServer & { timeouts: string[] };
}

const line = (partition: number, offset: number) =>
  `CreateTime:1700000000000\tPartition:${partition}\tOffset:${offset}\tNO_HEADERS\tk\tv\n`;
const ALL = [0, 1].flatMap((partition) => [0, 1, 2].map((offset) => line(partition, offset))).join("");

Deno.test("readTopic() returns the records when there are as many as offsets", async () => {
  const { records, ends } = await readTopic(broker([ALL], ""), "t");
  assert.equal(records.length, 6);
  assert.deepEqual(ends, [3, 3]);
});

Deno.test("readTopic() returns fewer records than offsets when the consumer reached the end", async () => {
  const { records } = await readTopic(broker([line(1, 1)], "g t 0 3 3\ng t 1 3 3\n"), "t");
  assert.equal(records.length, 1);
});

Deno.test("readTopic() retries with a longer timeout when the consumer did not reach the end", async () => {
  const kafka = broker(["", line(0, 0), ALL], "");
  assert.equal((await readTopic(kafka, "t")).records.length, 6);
  assert.deepEqual(kafka.timeouts, ["5000", "20000", "60000"]);
});

Deno.test("readTopic() throws when the consumer never reaches the end", async () => {
  await assert.rejects(
    readTopic(broker(["", "", ""], ""), "t"),
    /partition 0: no offset of 3, partition 1: no offset of 3/,
  );
  await assert.rejects(
    readTopic(broker([ALL, "", ""].map(() => line(0, 0)), "g t 0 1 3\ng t 1 3 3\n"), "t"),
    /partition 0: 1 of 3, partition 1: 3 of 3/,
  );
});
