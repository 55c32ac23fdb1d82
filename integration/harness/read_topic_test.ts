import assert from "assert";
import type { KafkaServer } from "../../local/servers/mod.ts";
import { readTopic } from "./read_topic.ts";

/** A broker with a topic of two partitions with 3 offsets each, whose consumer prints one text after another. */
function broker(outputs: string[], positions: string): KafkaServer & { patience: string[] } {
  const patience: string[] = [];
  const tool = (name: string, args: string[]) => {
    let stdout = "t:0:3\nt:1:3\n";
    if (name === "kafka-console-consumer") {
      patience.push(args[args.indexOf("--timeout-ms") + 1]!);
      stdout = outputs.shift()!;
    } else if (name === "kafka-consumer-groups") {
      stdout = `\nGROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET\n${positions}`;
    }
    return Promise.resolve({ stdout, stderr: "", code: 0 });
  };
  return { patience, tool } as Partial<KafkaServer> as KafkaServer & { patience: string[] };
}

const line = (partition: number, offset: number) => `Partition:${partition}\tOffset:${offset}\tk\tv\n`;
const ALL = [0, 1].flatMap((partition) => [0, 1, 2].map((offset) => line(partition, offset))).join("");

Deno.test("readTopic() returns what there is when it has read as many records as there are offsets", async () => {
  const { records, ends } = await readTopic(broker([ALL], ""), "t");
  assert.equal(records.length, 6);
  assert.deepEqual(ends, [3, 3]);
});

Deno.test("readTopic() returns fewer records than offsets when the reader came to the ends", async () => {
  const { records } = await readTopic(broker([line(1, 1)], "g t 0 3 3\ng t 1 3 3\n"), "t");
  assert.equal(records.length, 1);
});

Deno.test("readTopic() tries again, more patiently, when the reader gave up before the ends", async () => {
  const kafka = broker(["", line(0, 0), ALL], "");
  assert.equal((await readTopic(kafka, "t")).records.length, 6);
  assert.deepEqual(kafka.patience, ["5000", "20000", "60000"]);
});

Deno.test("readTopic() throws when the reader never comes to the ends, and never takes that for an empty topic", async () => {
  await assert.rejects(
    readTopic(broker(["", "", ""], ""), "t"),
    /partition 0: nothing of 3, partition 1: nothing of 3/,
  );
  await assert.rejects(
    readTopic(broker([ALL, "", ""].map(() => line(0, 0)), "g t 0 1 3\ng t 1 3 3\n"), "t"),
    /partition 0: 1 of 3, partition 1: 3 of 3/,
  );
});
