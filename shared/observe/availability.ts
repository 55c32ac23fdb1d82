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

/** Tracks which servers are unavailable, since when, and why. */
export class Availability {
  readonly #unavailable = new Map<Server, { since: number; why: string }>();
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

  /** Records a failed attempt that will be retried. Logs the first one since the server was last available. */
  down(server: Server, error: DiagnosedError, kind: string): void {
    this.#retries.inc({ server: label(server), class: kind });
    if (this.#unavailable.has(server)) return;
    this.#unavailable.set(server, { since: Date.now(), why: error.message });
    this.#up.set({ server: label(server) }, 0);
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
    const seconds = (Date.now() - outage.since) / 1000;
    this.#reconnects.inc({ server: label(server) });
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
