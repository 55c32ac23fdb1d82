/**
 * The producer: random records of the streams to their Kafka topics. Wiring only.
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
    "Sends random records of the streams to their topics, until it is stopped or has sent --count of them.",
  run: runProducer,
});
