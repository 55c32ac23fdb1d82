/**
 * Scenarios about services and security.
 *
 * The scenarios of a `shared_broker` module share one Kafka and one PostgreSQL, because they are one module graph.
 * `deno task test:integration` runs the modules in parallel. A scenario file also runs on its own:
 *
 * ```sh
 * deno test -A integration/scenarios/equality_test.ts
 * ```
 *
 * @module
 */
import "./reconcile_test.ts";
import "./equality_test.ts";
import "./streams_test.ts";
import "./existing_tables_test.ts";
import "./foreign_producers_test.ts";
import "./restart_test.ts";
import "./log_test.ts";
import "./progress_test.ts";
import "./kill_test.ts";
import "./scale_test.ts";
import "./group_test.ts";
import "./zombie_test.ts";
import "./upgrade_test.ts";
import "./takeover_test.ts";
import "./startup_errors_test.ts";
import "./tls_test.ts";
import "./security_test.ts";
import "./relations_test.ts";
import "./pooler_test.ts";
