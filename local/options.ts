import { flagOf, type Group } from "../shared/settings/setting.ts";
import { helpText } from "../shared/settings/help_text.ts";
import { SettingsError } from "../shared/settings/error.ts";
import { loadSettings, PROCESS, type Sources } from "../shared/settings/load.ts";
import { LIBPQ_VARIABLES, PG_VARIABLES } from "../shared/settings/libpq.ts";
import type { KafkaServer, PostgresServer } from "./servers/mod.ts";
import { namesOf, type SettingName, SETTINGS, type Settings } from "../shared/settings/table.ts";

/** Options of `deno task start`. */
export interface Options {
  /** Only print {@link help}. */
  help: boolean;
  settings: Settings;
  /** Settings to pass to the services, by environment variable. */
  flags: Record<string, string>;
}

/** Groups whose settings are accepted as flags and environment variables. */
const GROUPS: readonly Group[] = [
  "start",
  "topics",
  "streams",
  "producer",
  "group",
  "consumer",
  "dashboard",
  "log",
  "summary",
];

/** Includes groups that are read only to reject their flags. */
const READ_GROUPS: readonly Group[] = [...GROUPS, "kafka", "http"];

/** How to reach the servers, and the number of brokers. */
const CONNECTION_SETTINGS: readonly SettingName[] = [
  ...namesOf(["kafka", "postgresql"]),
  "KAFKA_TOPIC_REPLICATION_FACTOR",
];

/** Settings of accepted groups that `deno task start` sets. */
const FIXED: readonly SettingName[] = [
  "CONSUMER_UNTIL_CAUGHT_UP",
  "DASHBOARD_SERVICES",
  "HTTP_HOST",
  "HTTP_PORT",
  "LOG_FORMAT",
];

/** Shorter than the default, since the partitions of a killed consumer are reassigned only after its session timeout. */
const SESSION_TIMEOUT = { CONSUMER_SESSION_TIMEOUT_MS: "10000" };

const USAGE = "deno task start [flags]\n\n" +
  "Starts PostgreSQL, Kafka, the producer, the consumer and the dashboard on this machine and shows their progress until Ctrl-C. " +
  "With --count, waits for a key when that many records are stored, or exits with --exit or without a terminal. " +
  "The data is kept in .cache/data; the next start resumes from it, with the same ports. " +
  ".cache/start.env has the connection settings for other programs.\n\n" +
  "Connection settings and --kafka-topic-replication-factor, --until-caught-up, --dashboard-services, --http-host, --http-port " +
  "and --log-format are set by this command and cannot be overridden.";

/** The text of `--help`. */
export const help = (): string => helpText("start", USAGE, GROUPS, [...FIXED, ...CONNECTION_SETTINGS]);

/**
 * Reads flags and environment.
 *
 * @throws {SettingsError} with all problems, including flags that this command sets itself
 */
export function readOptions(sources: Sources = PROCESS): Options {
  const args = sources.args[0] === "--" ? sources.args.slice(1) : sources.args;
  // Connection settings are for other servers: they are ignored, even if they are invalid.
  const env = (name: string) => isConnectionVariable(name) ? undefined : sources.env(name);
  const readFile = (path: string) => {
    throw new Deno.errors.NotFound(path);
  };
  const loaded = loadSettings(READ_GROUPS, { args, env, readFile });
  const given = namesOf(READ_GROUPS).filter((name) => loaded.origins[name].startsWith("--"));
  const rejected = given.filter((name) => FIXED.includes(name) || isConnectionVariable(name));
  if (rejected.length > 0) {
    throw new SettingsError(
      rejected.map((name) => ({
        cause: `--${flagOf(name)} is not supported: deno task start sets ${name}`,
        remedy: "",
      })),
    );
  }
  // Services receive no other part of the environment.
  const passedOn = namesOf(READ_GROUPS).filter((name) =>
    loaded.origins[name] !== "default" && !FIXED.includes(name) && !isConnectionVariable(name) &&
    SETTINGS[name].group !== "start"
  );
  const flags = passedOn.map((name) => [name, String(loaded.settings[name])]);
  return {
    help: loaded.help,
    settings: loaded.settings,
    flags: {
      ...loaded.origins.CONSUMER_SESSION_TIMEOUT_MS === "default" && SESSION_TIMEOUT,
      ...Object.fromEntries(flags),
    },
  };
}

/** The database that the consumer creates. */
export const DATABASE = SETTINGS.PGDATABASE.default;

export interface ServerAddresses {
  kafka: Pick<KafkaServer, "bootstrapServers">;
  postgres: Pick<PostgresServer, "host" | "port" | "user" | "password">;
}

/** Settings of the connections to the servers, by environment variable. */
export function connectionSettings({ kafka, postgres }: ServerAddresses): Record<string, string> {
  return {
    KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
    KAFKA_SECURITY_PROTOCOL: "PLAINTEXT",
    PGHOST: postgres.host,
    PGPORT: `${postgres.port}`,
    PGUSER: postgres.user,
    PGPASSWORD: postgres.password,
    PGDATABASE: DATABASE,
    PGSSLMODE: "disable",
  };
}

/**
 * The environment of a service. It overrides connection settings of the environment and of `host_settings.ini`.
 *
 * @param flags settings to pass on
 * @param httpPort of the metrics
 */
export function serviceEnvironment(
  flags: Record<string, string>,
  addresses: ServerAddresses,
  httpPort: number,
): Record<string, string> {
  return {
    // An empty variable counts as unset.
    ...Object.fromEntries(CONNECTION_SETTINGS.flatMap((name) => [[name, ""], [`${name}_FILE`, ""]])),
    ...Object.fromEntries(Object.keys({ ...LIBPQ_VARIABLES, ...PG_VARIABLES }).map((name) => [name, ""])),
    HOST_SETTINGS: "",
    CONSUMER_UNTIL_CAUGHT_UP: "",
    ...flags,
    ...connectionSettings(addresses),
    HTTP_HOST: "127.0.0.1",
    HTTP_PORT: `${httpPort}`,
    LOG_FORMAT: "json",
  };
}

const isConnectionVariable = (name: string): boolean =>
  name === "HOST_SETTINGS" || CONNECTION_SETTINGS.some((one) => one === name.replace(/_FILE$/, ""));
