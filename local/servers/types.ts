import type { StartedNetwork } from "testcontainers";

/** As processes of this machine, or in containers. */
export type ServerKind = "embedded" | "container";

export interface Server extends AsyncDisposable {
  readonly kind: ServerKind;
  /** Stops the server and waits until it has ended. Data and port are kept. No effect if the server is not running. */
  stop(): Promise<void>;
  /** Sends SIGKILL and waits until the server has ended. No effect if the server is not running. */
  kill(): Promise<void>;
  /** Starts the server with the same port and data and waits until it is ready. No effect if the server is running. */
  start(): Promise<void>;
  /** Whether the process or container is running. */
  running(): Promise<boolean>;
  /** The last lines of the log, at most 200. */
  logs(): string;
}

/** Output and exit code of a tool. */
export interface ToolResult {
  stdout: string;
  stderr: string;
  code: number;
}

/** A running Apache Kafka broker, which is also a controller. */
export interface KafkaServer extends Server {
  /** For clients on this machine, for example `127.0.0.1:39092`. */
  readonly bootstrapServers: string;
  /** For containers of the same Docker network; set if {@link KafkaOptions.network} was given. */
  readonly networkBootstrapServers?: string;
  /** Upstream address for the proxy; set if {@link KafkaOptions.proxy} was given. */
  readonly proxyUpstream?: string;
  /**
   * Runs a tool of Kafka, through a separate plaintext listener.
   *
   * @param name of the script in Kafka's `bin` folder, without `.sh`: `kafka-topics`, `kafka-configs`, …
   * @param args `--bootstrap-server` is added
   * @throws {Error} if the tool is unknown or exceeds its timeout
   */
  tool(name: string, args: string[], options?: ToolOptions): Promise<ToolResult>;
}

/** Placeholder in the arguments of a tool for the path of {@link ToolOptions.file}. */
export const TOOL_FILE = "{file}";

/** Options of {@link KafkaServer.tool}. */
export interface ToolOptions {
  stdin?: string | Uint8Array;
  /** Content of the file {@link TOOL_FILE}. */
  file?: string;
  /** Default: 30,000. */
  timeoutMs?: number;
  /** Kills the tool when aborted. */
  signal?: AbortSignal;
}

/** A running PostgreSQL server, with a superuser and a password. */
export interface PostgresServer extends Server {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The default database: `postgres`. */
  readonly database: string;
  /** For containers of the same Docker network; set if {@link PostgresOptions.network} was given. */
  readonly networkHost?: string;
  readonly networkPort?: number;
  /** A connection URI of the superuser. */
  url(database?: string): string;
}

/** Options common to all servers. */
export interface ServerOptions {
  /** Default: the environment variable `INTEGRATION_SERVERS`, see `resolveServerKind`. */
  kind?: ServerKind | "auto";
  /** Host port for clients; default: a free one. */
  port?: number;
  /**
   * Embedded only: folder of data and log. Default: a temporary folder, removed on dispose. A given folder is kept, and a
   * server started on it resumes from its data.
   */
  dataFolder?: string;
  /**
   * Containers only: name of the container, and of the volume of its data, which is kept. The port is reachable only from this
   * machine. Default: a container without a name, whose data is removed with it.
   */
  keepAs?: string;
  /** Containers only: an additional Docker network. */
  network?: StartedNetwork;
  /** Containers only: name in that network; default: `kafka` or `postgres`. */
  networkAlias?: string;
  /** Called with a short description of each slow step. */
  onProgress?: (message: string) => void;
  /** Cancels a download when aborted. */
  signal?: AbortSignal;
}

/** Protocol of the client listeners. */
export type SecurityProtocol = "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";

/** Options of `startKafka`. */
export interface KafkaOptions extends ServerOptions {
  /** Of `bootstrapServers` and `networkBootstrapServers`; default: `PLAINTEXT`. */
  securityProtocol?: SecurityProtocol;
  /**
   * `host:port` of a proxy in front of the broker, which may be started later. The broker advertises this address to clients that
   * connect through the proxy, by a separate listener.
   */
  proxy?: string;
  /**
   * Options of the JVMs of broker and tools: `frugal` for tests (little memory and compilation), or those of `kafka`'s own scripts for
   * benchmarks. Default: `frugal`.
   */
  jvm?: "frugal" | "kafka";
  /** Broker properties, which override the default ones. Values may contain line breaks. */
  properties?: Record<string, string>;
}

/** Options of `startPostgres`. */
export interface PostgresOptions extends ServerOptions {
  /** Settings of `postgresql.conf`, for example `{ max_connections: "20" }`. */
  settings?: Record<string, string>;
  /** PEM texts of the server's certificate and key, and of the CA of client certificates. */
  tls?: { certificate: string; key: string; clientAuthority?: string };
  /** Containers only: size of a tmpfs for the data, without the WAL. */
  dataMegabytes?: number;
  /** Lines of `pg_hba.conf`; default: all logins with a password. */
  hostBasedAuthentication?: string[];
}

/** A server cannot be started or stopped; the message names the remedy. */
export class ServerError extends Error {
  override readonly name = "ServerError";
}
