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
  /** Whether a request is answered, by its `Host`; default: any is. */
  readonly accepts?: (request: Request) => boolean;
}

/**
 * Path and parameters of a request, whatever its `Host` says: Deno makes the URL from it, and it may be one that no URL can have, such
 * as an IPv6 address with a zone.
 */
export const pathOf = ({ url }: Pick<Request, "url">): URL =>
  new URL(url.replace(/^https?:\/\/[^/?#]*/, "http://localhost"));

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
  { problems, registry, accepts = () => true }: Probes,
): AsyncDisposable {
  const { HTTP_HOST: hostname, HTTP_PORT: port } = settings;
  if (port === 0) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  try {
    const server = Deno.serve({ hostname, port, onListen: () => {} }, async (request) => {
      if (!accepts(request)) return new Response("This name is not the service's.\n", { status: 421 });
      switch (pathOf(request).pathname) {
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
      {
        action: `Cannot listen on ${hostname}:${port} (HTTP_HOST, HTTP_PORT)`,
        code: "HTTP_LISTEN_FAILED",
        cause: messageOf(error),
        remedy: "Choose another port.",
      },
      { cause: error },
    );
  }
}
