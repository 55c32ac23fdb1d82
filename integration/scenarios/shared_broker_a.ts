/**
 * The suites about services, records and topics, in one module graph, so that they share one broker and one database server;
 * `shared_broker_b.ts` are the others, which run beside them. Each suite runs alone as well: `deno test -A integration/scenarios/kill_test.ts`.
 *
 * @module
 */
import "./reconcile_test.ts";
import "./equality_test.ts";
import "./rejected_test.ts";
import "./codecs_test.ts";
import "./restart_test.ts";
import "./log_test.ts";
import "./kill_test.ts";
import "./scale_test.ts";
import "./group_test.ts";
import "./zombie_test.ts";
import "./upgrade_test.ts";
import "./topic_test.ts";
import "./replay_test.ts";
import "./startup_errors_test.ts";
import "./tls_test.ts";
import "./security_test.ts";
