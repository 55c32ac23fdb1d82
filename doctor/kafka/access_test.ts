import assert from "assert";
import { contextOf } from "../context_fixture.ts";
import { checkGroupAccess, topicAccessOutcome } from "./access.ts";
import { checkSasl } from "./login.ts";
import type { Operation } from "./metadata.ts";
import { startBroker } from "../server_fixture.ts";

const topic = (...operations: Operation[]) => ({
  topic: "routes",
  error: 0,
  partitions: [],
  operations: new Set(operations),
});

Deno.test("topicAccessOutcome() fails with the missing operations when the account lacks Read or Write", () => {
  const everything = topic("Read", "Write", "Describe");
  assert.equal(
    topicAccessOutcome(everything, new Set(["IdempotentWrite"])).message,
    "Read and Write allowed on routes",
  );
  assert.match(topicAccessOutcome(everything, new Set()).message, /Kafka 3\.0 or later/);
  const read = topicAccessOutcome(topic("Read", "Describe"), undefined);
  assert.equal(read.mark, "failed");
  assert.match(
    `${read.message} ${read.remedy}`,
    /lacks Write on the topic routes: the producer.*--operation Write /,
  );
  assert.match(
    topicAccessOutcome(topic("Describe"), undefined).message,
    /Read and Write.*consumer.*producer/,
  );
  assert.match(
    topicAccessOutcome({ ...topic(), operations: undefined }, undefined).message,
    /does not report/,
  );
});

Deno.test("checkGroupAccess() fails when the account lacks Read on the group", async () => {
  const check = async (heartbeat: number) => {
    await using broker = await startBroker({ heartbeat });
    await using context = await contextOf({
      KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${broker.port}`,
      CONSUMER_GROUP_ID: "mine",
    });
    context.set("servers", [{ host: "127.0.0.1", port: broker.port }]);
    await checkSasl(context);
    return await checkGroupAccess(context);
  };
  const refused = await check(30); // GROUP_AUTHORIZATION_FAILED
  assert.equal(refused.mark, "failed");
  assert.match(`${refused.message} ${refused.remedy}`, /Read on the group mine.*--group mine/);
  assert.equal((await check(25)).mark, "ok"); // UNKNOWN_MEMBER_ID
});
