/**
 * All checks, in the order of the report.
 *
 * @module
 */
import { KAFKA_NAMES, POSTGRES_NAMES } from "../shared/diagnosis/network.ts";
import { addressOf } from "../shared/kafka/address.ts";
import type { PostgresSettings } from "../shared/postgres/connection.ts";
import type { NamedFile } from "../shared/settings/pem.ts";
import { checkCa, checkClientCertificate } from "./settings/certificates.ts";
import { type Check, type Outcome, skipped } from "./check.ts";
import type { Context } from "./context.ts";
import { checkGroupAccess, checkTopicAccess } from "./kafka/access.ts";
import { checkBrokers, checkKafkaTls, checkSasl } from "./kafka/login.ts";
import { usesTls } from "./kafka/transport.ts";
import { checkAssignment } from "./kafka/assignment.ts";
import { checkKafkaClock, checkKafkaRoundTrip } from "./kafka/timing.ts";
import { checkTopics } from "./kafka/topics.ts";
import { checkNames, checkTcp } from "./network/tcp.ts";
import { checkDatabase, checkLogin, checkSslMode } from "./postgres/login.ts";
import { checkPostgresTls, postgresAddress } from "./postgres/tls.ts";
import { checkPrivileges, checkTables } from "./postgres/tables.ts";
import { checkPostgresClock, checkPostgresRoundTrip } from "./postgres/timing.ts";
import { checkProgress } from "./postgres/progress.ts";
import { checkSettings } from "./settings/check_settings.ts";

const file = (context: Context, setting: PathSetting): NamedFile => ({
  setting: context.displayName(setting),
  path: context.settings[setting],
});
type PathSetting = `KAFKA_SSL_${"CA" | "CERT" | "KEY"}FILE` | `PGSSL${"ROOTCERT" | "CERT" | "KEY"}`;

const brokers = ({ settings }: Context) => settings.KAFKA_BOOTSTRAP_SERVERS.map(addressOf);

/** Skips a check of Kafka's certificate files if TLS is not used. */
const withKafkaTls = (check: (context: Context) => Outcome) => (context: Context): Outcome =>
  usesTls(context.settings)
    ? check(context)
    : skipped(`not used: KAFKA_SECURITY_PROTOCOL=${context.settings.KAFKA_SECURITY_PROTOCOL}`);

const withPostgresTls = (check: (context: Context) => Outcome) => (context: Context): Outcome =>
  context.settings.PGSSLMODE === "disable" ? skipped("not used: PGSSLMODE=disable") : check(context);

/** Whether the server's certificate is verified. */
const verifies = ({ PGSSLMODE: mode, PGSSLROOTCERT: root }: PostgresSettings) =>
  mode.startsWith("verify") || root !== "";

/** Each check requires only checks that precede it. */
export const CHECKS: readonly Check<Context>[] = [
  { id: "settings", section: "Settings", title: "settings", needs: [], run: checkSettings },

  {
    id: "kafka.ca",
    section: "Kafka",
    title: "CA file",
    needs: ["settings"],
    run: withKafkaTls((context) => checkCa(file(context, "KAFKA_SSL_CAFILE"), context.now())),
  },
  {
    id: "kafka.certificate",
    section: "Kafka",
    title: "client certificate",
    needs: ["settings"],
    run: withKafkaTls((context) =>
      checkClientCertificate(
        file(context, "KAFKA_SSL_CERTFILE"),
        file(context, "KAFKA_SSL_KEYFILE"),
        file(context, "KAFKA_SSL_CAFILE"),
        context.now(),
      )
    ),
  },
  {
    id: "kafka.dns",
    section: "Kafka",
    title: "DNS",
    needs: ["settings"],
    run: (context) => checkNames(brokers(context), KAFKA_NAMES),
  },
  {
    id: "kafka.tcp",
    section: "Kafka",
    title: "TCP",
    needs: ["kafka.dns"],
    run: async (context) => {
      const { reachable, ...outcome } = await checkTcp(
        brokers(context),
        KAFKA_NAMES,
        context.settings.KAFKA_CONNECTION_TIMEOUT_MS,
      );
      context.set("servers", reachable);
      return outcome;
    },
  },
  {
    id: "kafka.tls",
    section: "Kafka",
    title: "TLS",
    needs: ["kafka.ca", "kafka.certificate", "kafka.tcp"],
    run: checkKafkaTls,
  },
  { id: "kafka.sasl", section: "Kafka", title: "SASL", needs: ["kafka.tls"], run: checkSasl },
  { id: "kafka.brokers", section: "Kafka", title: "brokers", needs: ["kafka.sasl"], run: checkBrokers },
  { id: "kafka.topics", section: "Kafka", title: "topics", needs: ["kafka.brokers"], run: checkTopics },
  {
    id: "kafka.topic-access",
    section: "Kafka",
    title: "topic access",
    needs: ["kafka.topics"],
    run: checkTopicAccess,
  },
  {
    id: "kafka.group-access",
    section: "Kafka",
    title: "group access",
    needs: ["kafka.sasl"],
    run: checkGroupAccess,
  },
  {
    id: "kafka.owners",
    section: "Kafka",
    title: "assignment",
    needs: ["kafka.topics", "kafka.group-access"],
    run: checkAssignment,
  },
  { id: "kafka.clock", section: "Kafka", title: "clock", needs: ["kafka.topics"], run: checkKafkaClock },
  {
    id: "kafka.round-trip",
    section: "Kafka",
    title: "round trip",
    needs: ["kafka.sasl"],
    run: checkKafkaRoundTrip,
  },

  {
    id: "postgresql.ca",
    section: "PostgreSQL",
    title: "CA file",
    needs: ["settings"],
    run: withPostgresTls((context) =>
      verifies(context.settings) ? checkCa(file(context, "PGSSLROOTCERT"), context.now()) : skipped(
        `not used: PGSSLROOTCERT is not set, and PGSSLMODE=${context.settings.PGSSLMODE} does not verify the server`,
      )
    ),
  },
  {
    id: "postgresql.certificate",
    section: "PostgreSQL",
    title: "client certificate",
    needs: ["settings"],
    run: withPostgresTls((context) =>
      checkClientCertificate(
        file(context, "PGSSLCERT"),
        file(context, "PGSSLKEY"),
        file(context, "PGSSLROOTCERT"),
        context.now(),
      )
    ),
  },
  {
    id: "postgresql.dns",
    section: "PostgreSQL",
    title: "DNS",
    needs: ["settings"],
    run: ({ settings }) => checkNames([postgresAddress(settings)], POSTGRES_NAMES),
  },
  {
    id: "postgresql.tcp",
    section: "PostgreSQL",
    title: "TCP",
    needs: ["postgresql.dns"],
    run: ({ settings }) =>
      checkTcp([postgresAddress(settings)], POSTGRES_NAMES, settings.PGCONNECT_TIMEOUT * 1000),
  },
  {
    id: "postgresql.tls",
    section: "PostgreSQL",
    title: "TLS",
    needs: ["postgresql.ca", "postgresql.certificate", "postgresql.tcp"],
    run: checkPostgresTls,
  },
  {
    id: "postgresql.login",
    section: "PostgreSQL",
    title: "login",
    needs: ["postgresql.tls"],
    run: checkLogin,
  },
  {
    id: "postgresql.sslmode",
    section: "PostgreSQL",
    title: "sslmode",
    needs: ["postgresql.login"],
    run: checkSslMode,
  },
  {
    id: "postgresql.database",
    section: "PostgreSQL",
    title: "database",
    needs: ["postgresql.login"],
    run: checkDatabase,
  },
  {
    id: "postgresql.tables",
    section: "PostgreSQL",
    title: "tables",
    needs: ["postgresql.database"],
    run: checkTables,
  },
  {
    id: "postgresql.privileges",
    section: "PostgreSQL",
    title: "privileges",
    needs: ["postgresql.tables"],
    run: checkPrivileges,
  },
  {
    id: "postgresql.clock",
    section: "PostgreSQL",
    title: "clock",
    needs: ["postgresql.sslmode"],
    run: checkPostgresClock,
  },
  {
    id: "postgresql.round-trip",
    section: "PostgreSQL",
    title: "round trip",
    needs: ["postgresql.sslmode"],
    run: checkPostgresRoundTrip,
  },

  {
    id: "progress",
    section: "Progress",
    title: "progress",
    needs: ["kafka.topics", "postgresql.privileges"],
    run: checkProgress,
  },
];
