/**
 * Whether the servers that a service needs answer: said once when one goes away, once when it is back.
 *
 * @module
 */
import { Counter, Gauge, type Registry } from "prom-client";
import { messageOf } from "../errors.ts";
import type { Log } from "./log.ts";

/** The servers that a service needs. */
export type Server = "Kafka" | "PostgreSQL";

/** Keeps which servers are away, since when, and why. */
export class Availability {
  readonly #away = new Map<Server, { since: number; why: string }>();
  readonly #seen = new Set<Server>();
  readonly #up: Gauge<"server">;
  readonly #reconnects: Counter<"server">;
  readonly #retries: Counter<"server" | "class">;

  /**
   * @param service prefix of the metrics' names
   * @param servers what the service needs; it is ready when all have answered
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
      help: "1: the server answers; 0: it is away",
      labelNames: ["server"],
      registers,
    });
    this.#reconnects = new Counter({
      name: `${service}_reconnects_total`,
      help: "Times that a server came back after it was away",
      labelNames: ["server"],
      registers,
    });
    this.#retries = new Counter({
      name: `${service}_retries_total`,
      help: "Attempts that failed and were tried again, by class of failure",
      labelNames: ["server", "class"],
      registers,
    });
    for (const server of servers) {
      this.#up.set({ server: label(server) }, 0);
      this.#reconnects.inc({ server: label(server) }, 0);
    }
  }

  /** An attempt failed and will be tried again. Logged when it is the first since the server last answered. */
  down(server: Server, error: unknown, class_: string): void {
    this.#retries.inc({ server: label(server), class: class_ });
    if (this.#away.has(server)) return;
    this.#away.set(server, { since: Date.now(), why: messageOf(error) });
    this.#up.set({ server: label(server) }, 0);
    this.log("warn", "server_away", `${messageOf(error)} Trying again until it answers.`, {
      server,
      class: class_,
    });
  }

  /** The server answered. */
  up(server: Server): void {
    const away = this.#away.get(server);
    if (!away && this.#seen.has(server)) return;
    this.#seen.add(server);
    this.#away.delete(server);
    this.#up.set({ server: label(server) }, 1);
    if (!away) return;
    const seconds = (Date.now() - away.since) / 1000;
    this.#reconnects.inc({ server: label(server) });
    this.log("info", "server_back", `${server} answers again, after ${seconds.toFixed(1)} s.`, {
      server,
      seconds,
    });
  }

  /** Why the service is not ready: a line for each server that is away or has not answered yet. */
  problems(): string[] {
    return this.servers.filter((server) => this.#away.has(server) || !this.#seen.has(server))
      .map((server) => this.#away.get(server)?.why ?? `${server} has not answered yet.`);
  }
}

const label = (server: Server) => server.toLowerCase();
