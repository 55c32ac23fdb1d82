/**
 * The producer: random records of the streams to their Kafka topics. Wiring only.
 *
 * @module
 */
import { runService } from "../shared/service.ts";
import { runProducer } from "./run.ts";

await runService({
  name: "producer",
  groups: ["kafka", "topics", "streams", "producer", "http", "log", "summary"],
  about:
    "Sends random records of the streams to their topics, until it is stopped or has sent --count of them.",
  run: runProducer,
});
