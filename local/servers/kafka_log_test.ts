import assert from "assert";
import { errorsInLog } from "./kafka_log.ts";

Deno.test("errorsInLog() returns errors and their causes without stack traces", () => {
  const log = `[2026-01-01 00:00:00,000] INFO starting (kafka.Kafka)
[2026-01-01 00:00:01,000] ERROR Fatal error during startup. (kafka.server.BrokerServer)
org.apache.kafka.common.KafkaException: no.such.Reporter
\tat kafka.Kafka.main(Kafka.scala)
Caused by: java.lang.ClassNotFoundException: no.such.Reporter
\t... 13 more
[2026-01-01 00:00:02,000] INFO shut down (kafka.Kafka)`;
  assert.deepEqual(errorsInLog(log).split("\n"), [
    "[2026-01-01 00:00:01,000] ERROR Fatal error during startup. (kafka.server.BrokerServer)",
    "org.apache.kafka.common.KafkaException: no.such.Reporter",
    "Caused by: java.lang.ClassNotFoundException: no.such.Reporter",
  ]);
});

Deno.test("errorsInLog() returns the last lines when there are no errors", () => {
  const lines = Array.from({ length: 30 }, (_, index) => `[time] INFO ${index} ERROR`);
  assert.equal(errorsInLog(lines.join("\n")), lines.slice(-12).join("\n"));
});
