/**
 * Scenarios about PostgreSQL and network failures, in one module graph, so that they share one Kafka and one PostgreSQL. `deno task test:integration` runs the
 * three modules in parallel; a scenario file also runs on its own: `deno test -A integration/scenarios/kill_test.ts`.
 *
 * @module
 */
import "./backup_restore_test.ts";
import "./database_test.ts";
import "./environment_test.ts";
import "./postgres_sessions_test.ts";
import "./postgres_network_test.ts";
import "./kafka_network_test.ts";
import "./proxy_test.ts";
import "./account_defaults_test.ts";
