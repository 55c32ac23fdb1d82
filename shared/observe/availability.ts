/**
 * Availability of Kafka and PostgreSQL: metrics, readiness, and one log line per outage and recovery.
 *
 * @module
 */
import { Counter, Gauge, type Registry } from "prom-client";
import type { DiagnosedError } from "../errors.ts";
import type { Log } from "./log.ts";

/** The servers that a service needs. */
export type Server = "Kafka" | "PostgreSQL";

/** A server that is starting is logged as unavailable after this time. */
const STARTING_LOG_DELAY_MS = 5_000;

/** Codes of errors of a server that is starting: Kafka loads a coordinator, PostgreSQL is starting up. */
const STARTING_CODES: readonly string[] = ["KAFKA_COORDINATOR_LOADING", "57P03"];

interface Outage {
  readonly since: number;
  /** The logged error, or that of a server that is starting. */
  why: string;
  isLogged: boolean;
}

/** Tracks which servers are unavailable, since when, and why. */
export class Availability {
  readonly #unavailable = new Map<Server, Outage>();
  readonly #seen = new Set<Server>();
  readonly #up: Gauge<"server">;
  readonly #reconnects: Counter<"server">;
  readonly #retries: Counter<"server" | "class">;

  /**
   * @param service prefix of the metric names
   * @param servers the service is ready once all have responded
   */
  constructor(
    service: string,
    readonly servers: readonly Server[],
    private readonly log: Log,
    registry: Registry,
  ) {
    const registers = [registry];
    this.#up = new Gauge({
      name: `${service}_server_up`,
      help: "1 if the server is available, else 0",
      labelNames: ["server"],
      registers,
    });
    this.#reconnects = new Counter({
      name: `${service}_reconnects_total`,
      help: "Recoveries of a server that was unavailable",
      labelNames: ["server"],
      registers,
    });
    this.#retries = new Counter({
      name: `${service}_retries_total`,
      help: "Failed attempts that were retried, by class of failure",
      labelNames: ["server", "class"],
      registers,
    });
    for (const server of servers) {
      this.#up.set({ server: label(server) }, 0);
      this.#reconnects.inc({ server: label(server) }, 0);
    }
  }

  /**
   * Records a failed attempt that will be retried. Logs the first one since the server was last available, except that of a server that is
   * starting.
   */
  down(server: Server, error: DiagnosedError, kind: string): void {
    this.#retries.inc({ server: label(server), class: kind });
    const outage = this.#unavailable.get(server) ??
      { since: Date.now(), why: error.message, isLogged: false };
    this.#unavailable.set(server, outage);
    this.#up.set({ server: label(server) }, 0);
    const isStarting = STARTING_CODES.includes(error.code) &&
      Date.now() - outage.since < STARTING_LOG_DELAY_MS;
    if (outage.isLogged || isStarting) return;
    outage.isLogged = true;
    outage.why = error.message;
    this.log("warn", "server_unavailable", `${error.message} Retrying.`, {
      server,
      class: kind,
      code: error.code,
    });
  }

  /** Records a successful attempt. Logs the recovery of a server that was unavailable. */
  up(server: Server): void {
    const outage = this.#unavailable.get(server);
    if (!outage && this.#seen.has(server)) return;
    this.#seen.add(server);
    this.#unavailable.delete(server);
    this.#up.set({ server: label(server) }, 1);
    if (!outage) return;
    this.#reconnects.inc({ server: label(server) });
    if (!outage.isLogged) return;
    const seconds = (Date.now() - outage.since) / 1000;
    this.log("info", "server_available", `${server} is available again after ${seconds.toFixed(1)} s.`, {
      server,
      seconds,
    });
  }

  /** Why the service is not ready: one line per server that is unavailable or has not responded yet. */
  problems(): string[] {
    return this.servers.filter((server) => this.#unavailable.has(server) || !this.#seen.has(server))
      .map((server) => this.#unavailable.get(server)?.why ?? `${server} has not responded yet.`);
  }
}

const label = (server: Server) => server.toLowerCase();
