/**
 * The consumer: Kafka topics into PostgreSQL tables, exactly once. Wiring only.
 *
 * @module
 */
import { runService } from "../shared/service.ts";
import { runConsumer } from "./run.ts";

await runService({
  name: "consumer",
  groups: ["kafka", "postgresql", "streams", "consumer", "observability"],
  about:
    "Polls the topics of the streams, validates the records and stores them in their tables, each exactly once, until it is stopped.",
  run: runConsumer,
});
