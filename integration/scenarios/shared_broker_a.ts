/**
 * Scenarios about services and security, in one module graph, so that they share one Kafka and one PostgreSQL. `deno task test:integration` runs the
 * three modules in parallel; a scenario file also runs on its own: `deno test -A integration/scenarios/kill_test.ts`.
 *
 * @module
 */
import "./reconcile_test.ts";
import "./equality_test.ts";
import "./restart_test.ts";
import "./log_test.ts";
import "./kill_test.ts";
import "./scale_test.ts";
import "./group_test.ts";
import "./zombie_test.ts";
import "./upgrade_test.ts";
import "./startup_errors_test.ts";
import "./tls_test.ts";
import "./security_test.ts";
import "./relations_test.ts";
import "./pooler_test.ts";
