import assert from "assert";
import { kafkaSettings, postgresSettings } from "../harness/addresses.ts";
import { PROJECT } from "../harness/project.ts";
import { scenario } from "../harness/scenario.ts";
import { processLaunch, TestService } from "../harness/service.ts";

scenario({
  name: "consumer stores every record once when its log cannot be written",
  failure: "Standard output and standard error of the consumer are full",
  result: "It stores the records, stays ready, and exits 0 on SIGTERM",
  services: "process",
}, async (s) => {
  await s.produce(10_000);
  const launch = processLaunch("consumer", [], {
    CONSUMER_GROUP_ID: s.group,
    KAFKA_TOPIC_PREFIX: s.topicPrefix,
    LOG_LEVEL: "debug",
    LOG_SUMMARY_SECONDS: 1,
    ...kafkaSettings(s.kafka, "process"),
    ...postgresSettings(s.postgres, s.database.name, "process"),
  }, PROJECT);
  const redirected = ["-c", 'exec "$@" > /dev/full 2>&1', "sh", launch.command, ...launch.args];
  const consumer = s.use(
    new TestService("consumer-full", { ...launch, command: "/bin/sh", args: redirected }, s.folder),
  );
  await s.reconcile({ unless: () => consumer.assertRunning() });
  await consumer.waitForReady();
  assert.equal((await consumer.stop()).code, 0);
});
