/**
 * Scenarios about records, topics and brokers.
 *
 * The scenarios of a `shared_broker` module share one Kafka and one PostgreSQL, because they are one module graph.
 * `deno task test:integration` runs the modules in parallel. A scenario file also runs on its own:
 *
 * ```sh
 * deno test -A integration/scenarios/codecs_test.ts
 * ```
 *
 * @module
 */
import "./rejected_test.ts";
import "./codecs_test.ts";
import "./topic_test.ts";
import "./replay_test.ts";
import "./stream_tools_test.ts";
import "./kafka_test.ts";
import "./upsert_faults_test.ts";
import "./upsert_rules_test.ts";
import "./upsert_statements_test.ts";
