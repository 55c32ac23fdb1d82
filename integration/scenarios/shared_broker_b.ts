/**
 * The suites about what befalls servers and the links to them, in one module graph, so that they share one broker and one database
 * server; `shared_broker_a.ts` are the others, which run beside them.
 *
 * @module
 */
import "./backup_restore_test.ts";
import "./database_test.ts";
import "./environment_test.ts";
import "./postgres_sessions_test.ts";
import "./postgres_network_test.ts";
import "./kafka_test.ts";
import "./kafka_network_test.ts";
import "./proxy_test.ts";
import "./pooler_test.ts";
import "./account_defaults_test.ts";
import "./relations_test.ts";
