/**
 * Scenarios about records, topics and brokers, in one module graph, so that they share one Kafka and one PostgreSQL. `deno task test:integration` runs the
 * three modules in parallel; a scenario file also runs on its own: `deno test -A integration/scenarios/kill_test.ts`.
 *
 * @module
 */
import "./rejected_test.ts";
import "./codecs_test.ts";
import "./topic_test.ts";
import "./replay_test.ts";
import "./kafka_test.ts";
