import type { StartedNetwork } from "testcontainers";

/** How servers are brought up: as processes of this machine, or in containers. */
export type ServerKind = "embedded" | "container";

/** What every server here can do. */
export interface Server extends AsyncDisposable {
  /** Whether it is a process of this machine or a container. */
  readonly kind: ServerKind;
  /** Stops it orderly and waits until it is gone; data and port stay its own. Does nothing when it is not up. */
  stop(): Promise<void>;
  /** Ends it as `kill -9` does and waits until it is gone. Does nothing when it is not up. */
  kill(): Promise<void>;
  /** Brings it up again, on the same port and with the same data, and waits until it is ready. Does nothing when it is up. */
  start(): Promise<void>;
  /** Whether it is up, as far as its process or container goes. */
  running(): Promise<boolean>;
  /** The end of its log, at most some 200 lines. */
  logs(): string;
}

/** What a program of the server's printed and how it ended. */
export interface ToolResult {
  stdout: string;
  stderr: string;
  /** Exit code; 0 is success. */
  code: number;
}

/** A running Apache Kafka broker (one node, broker and controller in one). */
export interface KafkaServer extends Server {
  /** Where clients on this machine find it, for example `127.0.0.1:39092`. */
  readonly bootstrapServers: string;
  /** Where containers of the same Docker network find it; set only when {@link KafkaOptions.network} was given. */
  readonly networkBootstrapServers?: string;
  /** Where the proxy of {@link KafkaOptions.proxy} hands connections on to; set only when that was given. */
  readonly proxyUpstream?: string;
  /**
   * Runs one of Kafka's own tools, over a plaintext listener of its own whatever protocol clients use.
   *
   * @param name As the scripts in Kafka's `bin` folder are called, without `.sh`: `kafka-topics`, `kafka-configs`, …
   * @param args Arguments; `--bootstrap-server` is added.
   * @throws When the tool's name is unknown, or it runs longer than `timeoutMs` (default 30 s).
   */
  tool(name: string, args: string[], options?: ToolOptions): Promise<ToolResult>;
}

/** In the arguments of a tool: the path of the file that {@link ToolOptions.file} is. */
export const TOOL_FILE = "{file}";

/** Options of {@link KafkaServer.tool}. */
export interface ToolOptions {
  stdin?: string | Uint8Array;
  /** What is in the file that the argument {@link TOOL_FILE} stands for. */
  file?: string;
  /** Milliseconds; 30,000 when not given. */
  timeoutMs?: number;
  /** Kills the tool when it is aborted. */
  signal?: AbortSignal;
}

/** A running PostgreSQL server, with a superuser and a password. */
export interface PostgresServer extends Server {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The database to connect to when no other is named: `postgres`. */
  readonly database: string;
  /** Name and port for containers of the same Docker network; set only when {@link PostgresOptions.network} was given. */
  readonly networkHost?: string;
  readonly networkPort?: number;
  /** A connection URI of the superuser. */
  url(database?: string): string;
}

/** What a server can be started with, whichever it is. */
export interface ServerOptions {
  /** Default: what the environment variable `INTEGRATION_SERVERS` says, see `chosenKind`. */
  kind?: ServerKind | "auto";
  /** Host port for clients; default: a free one. */
  port?: number;
  /**
   * Embedded only: where its data and log are kept. Default: a folder for temporary files, removed on dispose. A folder
   * that was given is kept, and a server started on it goes on with what is there.
   */
  dataFolder?: string;
  /** Containers only: the Docker network to join as well. */
  network?: StartedNetwork;
  /** Containers only: name in that network; `kafka` or `postgres` when not given. */
  networkAlias?: string;
  /** Called with what is being done when it takes long, in a few words. */
  onProgress?: (message: string) => void;
  /** Cuts a download off when it is aborted. */
  signal?: AbortSignal;
}

/** What the client listener of a broker speaks. */
export type SecurityProtocol = "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";

/** Options of `startKafka`. */
export interface KafkaOptions extends ServerOptions {
  /** What clients must speak on `bootstrapServers` (and `networkBootstrapServers`); default `PLAINTEXT`. */
  securityProtocol?: SecurityProtocol;
  /**
   * `host:port` of a proxy in front of the broker, which need not be there yet. Brokers tell clients where to connect, so those
   * that came through the proxy get a listener of their own, which tells them this.
   */
  proxy?: string;
  /**
   * How the JVMs of the broker and its tools run: `frugal`, as tests want it, with little memory and, where they live briefly, little
   * compilation; or with the heap and the performance options of `kafka`'s own scripts, as benchmarks want it. Default `frugal`.
   */
  jvm?: "frugal" | "kafka";
  /** Broker properties beyond, or instead of, the usual ones. PEM texts may span lines. */
  properties?: Record<string, string>;
}

/** Options of `startPostgres`. */
export interface PostgresOptions extends ServerOptions {
  /** Settings of `postgresql.conf`, for example `{ max_connections: "20" }`. */
  settings?: Record<string, string>;
  /** PEM texts of the server's certificate and key, and of the authority that client certificates must come from. */
  tls?: { certificate: string; key: string; clientAuthority?: string };
  /** Containers only: the data lies on a disk, in memory, of so many megabytes; the log of transactions does not. */
  dataMegabytes?: number;
  /** Lines of `pg_hba.conf`, in place of those that let everybody in with a password. */
  hostBasedAuthentication?: string[];
}

/** A server cannot be started or stopped; the message names the remedy. */
export class ServerError extends Error {
  override readonly name = "ServerError";
}
