/**
 * Scenarios about failures of PostgreSQL and of networks.
 *
 * The scenarios of a `shared_broker` module share one Kafka and one PostgreSQL, because they are one module graph.
 * `deno task test:integration` runs the modules in parallel. A scenario file also runs on its own:
 *
 * ```sh
 * deno test -A integration/scenarios/database_test.ts
 * ```
 *
 * @module
 */
import "./columns_test.ts";
import "./backup_restore_test.ts";
import "./database_test.ts";
import "./environment_test.ts";
import "./privileges_test.ts";
import "./postgres_sessions_test.ts";
import "./postgres_network_test.ts";
import "./kafka_network_test.ts";
import "./proxy_test.ts";
import "./account_defaults_test.ts";
import "./types_test.ts";
