import { flagOf, type Group } from "../shared/settings/setting.ts";
import { helpText } from "../shared/settings/help_text.ts";
import { SettingsError } from "../shared/settings/error.ts";
import { loadSettings, PROCESS, type Sources } from "../shared/settings/load.ts";
import { LIBPQ_VARIABLES, PG_VARIABLES } from "../shared/settings/libpq.ts";
import type { KafkaServer, PostgresServer } from "./servers/mod.ts";
import { namesOf, type SettingName, SETTINGS, type Settings } from "../shared/settings/table.ts";

/** What `deno task start` was asked for. */
export interface Options {
  /** Print {@link help} and nothing else. */
  help: boolean;
  settings: Settings;
  /** Settings to be handed on to the services, by environment name. */
  flags: Record<string, string>;
}

/** Settings that can be given to `deno task start`, as flags or by environment. */
const GROUPS: readonly Group[] = [
  "topics",
  "streams",
  "producer",
  "consumer",
  "dashboard",
  "log",
  "summary",
];

/** With those that are refused. */
const READ: readonly Group[] = [...GROUPS, "kafka", "http"];

/** How servers are reached, and how many brokers there are. */
const CONNECTION_SETTINGS: readonly SettingName[] = [
  ...namesOf(["kafka", "postgresql"]),
  "KAFKA_TOPIC_REPLICATION_FACTOR",
];

/** Settings of them that `deno task start` decides itself. */
const FIXED: readonly SettingName[] = [
  "CONSUMER_UNTIL_CAUGHT_UP",
  "DASHBOARD_SERVICES",
  "HTTP_HOST",
  "HTTP_PORT",
  "LOG_FORMAT",
];

/** A consumer that was killed holds its partitions until its session is over; here nobody wants to wait for that. */
const SESSION_TIMEOUT = { CONSUMER_SESSION_TIMEOUT_MS: "10000" };

const USAGE = "deno task start [flags]\n\n" +
  "Brings up PostgreSQL, Kafka, the producer, the consumer and the dashboard on this machine and shows what they do, until Ctrl-C. " +
  "With --count it ends when that many records are stored. The data stay in .cache/data " +
  "(or in data in the folder that the environment variable START_FOLDER names), and the next start goes on.\n\n" +
  "How servers are reached is not asked for here, nor are --kafka-topic-replication-factor, --until-caught-up, " +
  "--dashboard-services, --http-host, --http-port and --log-format: this program sets them.";

/** The text of `--help`. */
export const help = (): string => helpText(USAGE, GROUPS, [...FIXED, ...CONNECTION_SETTINGS]);

/**
 * Reads flags and environment.
 *
 * @throws {SettingsError} With all problems, also when a flag is one that this program decides itself.
 */
export function readOptions(sources: Sources = PROCESS): Options {
  const args = sources.args[0] === "--" ? sources.args.slice(1) : sources.args;
  // How other servers are reached is of no interest here, and no reason to complain.
  const env = (name: string) => isConnectionVariable(name) ? undefined : sources.env(name);
  const readFile = (path: string) => {
    throw new Deno.errors.NotFound(path);
  };
  const loaded = loadSettings(READ, { args, env, readFile });
  const given = namesOf(READ).filter((name) => loaded.origins[name].startsWith("--"));
  const refused = given.filter((name) => FIXED.includes(name) || isConnectionVariable(name));
  if (refused.length > 0) {
    throw new SettingsError(
      refused.map((name) => `--${flagOf(name)} has no place here: deno task start sets ${name} itself.`),
    );
  }
  // Flags and variables: a service gets no other part of this program's environment.
  const handedOn = namesOf(READ).filter((name) =>
    loaded.origins[name] !== "default" && !FIXED.includes(name) && !isConnectionVariable(name)
  );
  const flags = handedOn.map((name) => [name, String(loaded.settings[name])]);
  return {
    help: loaded.help,
    settings: loaded.settings,
    flags: {
      ...loaded.origins.CONSUMER_SESSION_TIMEOUT_MS === "default" && SESSION_TIMEOUT,
      ...Object.fromEntries(flags),
    },
  };
}

/** The database that the consumer makes and fills. */
export const DATABASE = SETTINGS.PGDATABASE.default;

/** How the services reach the servers that this program started. */
export interface ServerAddresses {
  kafka: Pick<KafkaServer, "bootstrapServers">;
  postgres: Pick<PostgresServer, "host" | "port" | "user" | "password">;
}

/**
 * The environment of a service: it reaches the servers that were started here, whatever this program's own environment
 * and `host_settings.ini` say of others.
 *
 * @param flags Settings to hand on.
 * @param httpPort Where to serve its metrics.
 */
export function serviceEnvironment(
  flags: Record<string, string>,
  { kafka, postgres }: ServerAddresses,
  httpPort: number,
): Record<string, string> {
  return {
    // Empty is not set.
    ...Object.fromEntries(CONNECTION_SETTINGS.flatMap((name) => [[name, ""], [`${name}_FILE`, ""]])),
    ...Object.fromEntries(Object.keys({ ...LIBPQ_VARIABLES, ...PG_VARIABLES }).map((name) => [name, ""])),
    HOST_SETTINGS: "",
    CONSUMER_UNTIL_CAUGHT_UP: "",
    ...flags,
    KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
    KAFKA_SECURITY_PROTOCOL: "PLAINTEXT",
    PGHOST: postgres.host,
    PGPORT: `${postgres.port}`,
    PGUSER: postgres.user,
    PGPASSWORD: postgres.password,
    PGDATABASE: DATABASE,
    PGSSLMODE: "disable",
    HTTP_HOST: "127.0.0.1",
    HTTP_PORT: `${httpPort}`,
    LOG_FORMAT: "json",
  };
}

/** Whether an environment variable says how to reach a server. */
const isConnectionVariable = (name: string): boolean =>
  name === "HOST_SETTINGS" || CONNECTION_SETTINGS.some((one) => one === name.replace(/_FILE$/, ""));
