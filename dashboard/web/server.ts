/**
 * The HTTP server of the page, its events and its API.
 *
 * @module
 */
import { messageOf, PermanentError } from "../../shared/errors.ts";
import { pathOf } from "../../shared/observe/http.ts";
import type { Settings } from "../../shared/settings/table.ts";
import { VALUE_LENGTH_MAX } from "../stream_info.ts";
import { BusyError } from "../database/search_pool.ts";
import type { History, KeyRows } from "../protocol.ts";
import type { AllowedHosts } from "./allowed_hosts.ts";
import type { Asset } from "./assets.ts";
import { viewerAddress } from "./viewer_address.ts";

/** The data that the server returns. */
export interface PageSource {
  readonly assets: ReadonlyMap<string, Asset>;
  /** Opens the event stream of a page at an address. */
  readonly events: (address: string) => ReadableStream<Uint8Array>;
  /** Number of open pages, in total or of one address. */
  readonly viewers: (address?: string) => number;
  /** `undefined`: unknown stream. */
  readonly history: (stream: string) => History | undefined;
  readonly rowsOfKey: (stream: string, key: string) => Promise<KeyRows | undefined>;
}

export interface Limits {
  readonly hosts: Pick<AllowedHosts, "accepts">;
  /** Maximum open pages. */
  readonly viewers: number;
  /** Maximum open pages per address. */
  readonly viewersPerAddress: number;
}

/** Value of the header Retry-After. */
const RETRY_AFTER_S = 2;

/** Allows only files of this server: nothing inline, no framing, no HTML from strings. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

const textResponse = (status: number, text: string, headers: Readonly<Record<string, string>> = {}) =>
  new Response(`${text}\n`, {
    status,
    headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8", ...headers },
  });

const retryLater = (status: 429 | 503, text: string) =>
  textResponse(status, text, { "retry-after": `${RETRY_AFTER_S}` });

const jsonResponse = (value: unknown) =>
  Response.json(value, { headers: { ...HEADERS, "cache-control": "no-store" } });

/**
 * Handles a request.
 *
 * @param address of the client
 */
export async function handleRequest(
  request: Request,
  source: PageSource,
  limits: Limits,
  address: string,
): Promise<Response> {
  // First, so that no response is sent under a foreign host name.
  if (!limits.hosts.accepts(request)) {
    return textResponse(
      421,
      "Host not allowed. Use localhost or an IP address, or add the host name to DASHBOARD_ALLOWED_HOSTS.",
    );
  }
  if (request.method !== "GET" && request.method !== "HEAD") return textResponse(405, "Method not allowed.");
  const { pathname, searchParams } = pathOf(request);
  const asset = source.assets.get(pathname);
  if (asset) return serveAsset(request, asset);
  switch (pathname) {
    case "/events":
      return serveEvents(request, source, limits, viewerAddress(address));
    case "/api/history": {
      const history = source.history(searchParams.get("stream") ?? "");
      return history ? jsonResponse(history) : textResponse(404, "Unknown stream.");
    }
    case "/api/rows":
      return await serveRowsOfKey(searchParams, source);
    default:
      return textResponse(404, "Not found.");
  }
}

function serveEvents(request: Request, source: PageSource, limits: Limits, address: string): Response {
  const { viewers, viewersPerAddress } = limits;
  if (source.viewers() >= viewers) {
    return retryLater(503, `Too many open pages (DASHBOARD_MAX_VIEWERS=${viewers}).`);
  }
  if (source.viewers(address) >= viewersPerAddress) {
    return retryLater(
      429,
      `Too many open pages from this address (DASHBOARD_MAX_VIEWERS_PER_ADDRESS=${viewersPerAddress}). Close one, or raise the limit if the pages are opened through a proxy.`,
    );
  }
  // no-transform: compression would delay messages.
  return new Response(request.method === "HEAD" ? null : source.events(address), {
    headers: { ...HEADERS, "content-type": "text/event-stream", "cache-control": "no-store, no-transform" },
  });
}

async function serveRowsOfKey(parameters: URLSearchParams, source: PageSource): Promise<Response> {
  const key = parameters.get("key") ?? "";
  // PostgreSQL has no NUL character.
  if (key === "" || key.length > VALUE_LENGTH_MAX || key.includes("\0")) {
    return textResponse(400, "Invalid key.");
  }
  try {
    const rows = await source.rowsOfKey(parameters.get("stream") ?? "", key);
    return rows ? jsonResponse(rows) : textResponse(404, "Unknown stream.");
  } catch (error) {
    // The cause is part of the events; this response does not repeat it.
    return error instanceof BusyError
      ? retryLater(429, "Too many requests; retry.")
      : retryLater(503, "Database unavailable; retry.");
  }
}

function serveAsset(request: Request, { bytes, type, etag }: Asset): Response {
  const headers = { ...HEADERS, "content-type": type, etag, "cache-control": "no-cache" };
  const isCurrent = request.headers.get("if-none-match")?.replace(/^W\//, "") === etag;
  if (isCurrent) return new Response(null, { status: 304, headers });
  return new Response(request.method === "HEAD" ? null : bytes, { headers });
}

/**
 * Serves the page until disposed.
 *
 * @throws {PermanentError} if the port cannot be bound
 */
export function servePage(
  settings: Pick<
    Settings,
    "DASHBOARD_HOST" | "DASHBOARD_PORT" | "DASHBOARD_MAX_VIEWERS" | "DASHBOARD_MAX_VIEWERS_PER_ADDRESS"
  >,
  hosts: Limits["hosts"],
  source: PageSource,
): AsyncDisposable & { readonly port: number } {
  const { DASHBOARD_HOST: hostname, DASHBOARD_PORT: port } = settings;
  const limits = {
    hosts,
    viewers: settings.DASHBOARD_MAX_VIEWERS,
    viewersPerAddress: settings.DASHBOARD_MAX_VIEWERS_PER_ADDRESS,
  };
  try {
    const server = Deno.serve(
      { hostname, port, onListen: () => {}, onError: () => textResponse(500, "Internal server error.") },
      (request, { remoteAddr }) => handleRequest(request, source, limits, remoteAddr.hostname),
    );
    return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
  } catch (error) {
    throw new PermanentError(
      {
        action: `Cannot listen on ${hostname}:${port} (DASHBOARD_HOST, DASHBOARD_PORT)`,
        code: "HTTP_LISTEN_FAILED",
        cause: messageOf(error),
        remedy: "Choose another port.",
      },
      { cause: error },
    );
  }
}
