/**
 * Entry point of the producer.
 *
 * @module
 */
import { runService } from "../shared/service.ts";
import { PROGRAMS } from "../shared/settings/programs.ts";
import { runProducer } from "./run.ts";

await runService({
  name: "producer",
  groups: PROGRAMS.producer,
  about:
    "Sends random records of the streams to their Kafka topics. Runs until stopped or --count records are sent.",
  run: runProducer,
});
