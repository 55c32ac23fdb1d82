import assert from "assert";
import { contextOf } from "../context_fixture.ts";
import { access, checkGroupAccess } from "./access.ts";
import { checkSasl } from "./connection.ts";
import type { Operation } from "./metadata.ts";
import { startBroker } from "../server_fixture.ts";

const topic = (...operations: Operation[]) => ({
  topic: "routes",
  error: 0,
  partitions: [],
  operations: new Set(operations),
});

Deno.test("access() fails with the rights that are missing when the account may not read or write", () => {
  const everything = topic("Read", "Write", "Describe");
  assert.equal(access(everything, new Set(["IdempotentWrite"])).why, "may read and write routes");
  assert.match(access(everything, new Set()).why, /Kafka 3\.0 and later/);
  const read = access(topic("Read", "Describe"), undefined);
  assert.equal(read.mark, "failed");
  assert.match(
    `${read.why} ${read.remedy}`,
    /may not Write on the topic routes: the producer.*--operation Write /,
  );
  assert.match(access(topic("Describe"), undefined).why, /Read or Write.*consumer.*producer/);
  assert.match(access({ ...topic(), operations: undefined }, undefined).why, /does not say/);
});

Deno.test("checkGroupAccess() fails when the account may not read in the group", async () => {
  const check = async (heartbeat: number) => {
    await using broker = await startBroker({ heartbeat });
    await using context = await contextOf({
      KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${broker.port}`,
      CONSUMER_GROUP_ID: "mine",
    });
    context.put("servers", [{ host: "127.0.0.1", port: broker.port }]);
    await checkSasl(context);
    return await checkGroupAccess(context);
  };
  const refused = await check(30); // GROUP_AUTHORIZATION_FAILED
  assert.equal(refused.mark, "failed");
  assert.match(`${refused.why} ${refused.remedy}`, /Read in the group mine.*--group mine/);
  assert.equal((await check(25)).mark, "ok"); // UNKNOWN_MEMBER_ID
});
