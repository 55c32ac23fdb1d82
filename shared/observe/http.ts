/**
 * Serves `/healthz`, `/readyz` and `/metrics`.
 *
 * @module
 */
import type { Registry } from "prom-client";
import { messageOf, PermanentError } from "../errors.ts";
import type { Settings } from "../settings/table.ts";

/** The state that the probes report. */
export interface Probes {
  /** Why the service is not ready; empty if it is. */
  readonly problems: () => readonly string[];
  readonly registry: Registry;
  /** Whether a request is accepted, by its `Host`. Default: all are. */
  readonly accepts?: (request: Request) => boolean;
}

/**
 * Path and parameters of a request, independent of its `Host`. Deno builds the URL from it, and it may be invalid in a URL, such as an IPv6
 * address with a zone.
 */
export const pathOf = ({ url }: Pick<Request, "url">): URL =>
  new URL(url.replace(/^https?:\/\/[^/?#]*/, "http://localhost"));

/**
 * Serves the probes until disposed of. Does nothing if `HTTP_PORT` is 0.
 *
 * `/healthz` returns 200 while the process runs; `/readyz` returns 200, or 503 with the problems; `/metrics` returns Prometheus' text
 * format.
 *
 * @throws {PermanentError} if the port cannot be bound
 */
export function serveProbes(
  settings: Pick<Settings, "HTTP_HOST" | "HTTP_PORT">,
  { problems, registry, accepts = () => true }: Probes,
): AsyncDisposable {
  const { HTTP_HOST: hostname, HTTP_PORT: port } = settings;
  if (port === 0) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  try {
    const server = Deno.serve({ hostname, port, onListen: () => {} }, async (request) => {
      if (!accepts(request)) return new Response("Unknown host name.\n", { status: 421 });
      switch (pathOf(request).pathname) {
        case "/healthz":
          return Response.json({ status: "alive" });
        case "/readyz": {
          const found = problems();
          const status = found.length === 0 ? "ready" : "not ready";
          return Response.json({ status, problems: found }, { status: found.length === 0 ? 200 : 503 });
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
