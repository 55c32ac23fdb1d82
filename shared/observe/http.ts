/**
 * `/healthz`, `/readyz` and `/metrics`.
 *
 * @module
 */
import type { Registry } from "prom-client";
import { messageOf, PermanentError } from "../errors.ts";
import type { Settings } from "../settings/table.ts";

/** What the probes answer from. */
export interface Probes {
  /** Why the service is not ready; empty: it is. */
  readonly problems: () => readonly string[];
  readonly registry: Registry;
}

/**
 * Serves the probes until disposed of; with `HTTP_PORT=0` there is nothing to serve.
 *
 * `/healthz` answers 200 as long as the process lives; `/readyz` 200 or 503 with what is missing; `/metrics` in
 * Prometheus' text format.
 *
 * @throws {PermanentError} where the port can't be listened on
 */
export function serveProbes(
  settings: Pick<Settings, "HTTP_HOST" | "HTTP_PORT">,
  { problems, registry }: Probes,
): AsyncDisposable {
  const { HTTP_HOST: hostname, HTTP_PORT: port } = settings;
  if (port === 0) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  try {
    const server = Deno.serve({ hostname, port, onListen: () => {} }, async (request) => {
      switch (new URL(request.url).pathname) {
        case "/healthz":
          return Response.json({ status: "alive" });
        case "/readyz": {
          const missing = problems();
          const status = missing.length === 0 ? "ready" : "not ready";
          return Response.json({ status, problems: missing }, { status: missing.length === 0 ? 200 : 503 });
        }
        case "/metrics":
          return new Response(await registry.metrics(), {
            headers: { "content-type": registry.contentType },
          });
        default:
          return new Response("Try /healthz, /readyz or /metrics.\n", { status: 404 });
      }
    });
    return { [Symbol.asyncDispose]: () => server.shutdown() };
  } catch (error) {
    throw new PermanentError(
      `Cannot listen on ${hostname}:${port} (HTTP_HOST, HTTP_PORT): ${
        messageOf(error)
      }. Choose another port.`,
      { cause: error },
    );
  }
}
