/**
 * The page, its events and its questions, over HTTP.
 *
 * @module
 */
import { messageOf, PermanentError } from "../../shared/errors.ts";
import { pathOf } from "../../shared/observe/http.ts";
import type { Settings } from "../../shared/settings/table.ts";
import { BusyError } from "../database/search_pool.ts";
import type { History, UserRows } from "../protocol.ts";
import type { AllowedHosts } from "./allowed_hosts.ts";
import type { Asset } from "./assets.ts";
import { viewerAddress } from "./viewer_address.ts";

/** What the server answers from. */
export interface PageSource {
  readonly assets: ReadonlyMap<string, Asset>;
  /** Opens the events of one page, for a client of that address. */
  readonly events: (address: string) => ReadableStream<Uint8Array>;
  /** Pages that are open: all of them, or those of one address. */
  readonly viewers: (address?: string) => number;
  /** `undefined`: there is no such stream. */
  readonly history: (stream: string) => History | undefined;
  readonly user: (stream: string, user: number) => Promise<UserRows | undefined>;
}

/** What the server answers, and how many. */
export interface Limits {
  readonly hosts: Pick<AllowedHosts, "accepts">;
  /** Most pages that are open at a time. */
  readonly viewers: number;
  /** Most of them that come from one address. */
  readonly viewersPerAddress: number;
}

/** Seconds after which a client that was refused may ask again. */
const RETRY_AFTER_S = 2;

/** Only this server's own files, nothing inline, no frame around it, and no markup from text. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

const answer = (status: number, text: string, headers: Readonly<Record<string, string>> = {}) =>
  new Response(`${text}\n`, {
    status,
    headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8", ...headers },
  });

const retryLater = (status: 429 | 503, text: string) =>
  answer(status, text, { "retry-after": `${RETRY_AFTER_S}` });

const json = (value: unknown) =>
  Response.json(value, { headers: { ...HEADERS, "cache-control": "no-store" } });

/**
 * Answers a request.
 *
 * @param address of the client
 */
export async function handleRequest(
  request: Request,
  answers: PageSource,
  limits: Limits,
  address: string,
): Promise<Response> {
  // Before anything else, so that nothing is told under a name that is not this server's.
  if (!limits.hosts.accepts(request)) {
    return answer(
      421,
      "This name is not the dashboard's. Open it as localhost or by IP address, or add the name to DASHBOARD_ALLOWED_HOSTS.",
    );
  }
  if (request.method !== "GET" && request.method !== "HEAD") return answer(405, "Only GET is of use here.");
  const { pathname, searchParams } = pathOf(request);
  const asset = answers.assets.get(pathname);
  if (asset) return serve(request, asset);
  switch (pathname) {
    case "/events":
      return events(request, answers, limits, viewerAddress(address));
    case "/api/history": {
      const history = answers.history(searchParams.get("stream") ?? "");
      return history ? json(history) : answer(404, "There is no such stream.");
    }
    case "/api/user":
      return await user(searchParams, answers);
    default:
      return answer(404, "There is nothing here.");
  }
}

function events(request: Request, answers: PageSource, limits: Limits, address: string): Response {
  const { viewers, viewersPerAddress } = limits;
  if (answers.viewers() >= viewers) {
    return retryLater(503, `${viewers} pages are open already (DASHBOARD_MAX_VIEWERS).`);
  }
  if (answers.viewers(address) >= viewersPerAddress) {
    return retryLater(
      429,
      `${viewersPerAddress} pages of this address are open already. Close one, or raise DASHBOARD_MAX_VIEWERS_PER_ADDRESS if the pages come through a proxy.`,
    );
  }
  // no-transform: a compressor would hold messages back.
  return new Response(request.method === "HEAD" ? null : answers.events(address), {
    headers: { ...HEADERS, "content-type": "text/event-stream", "cache-control": "no-store, no-transform" },
  });
}

async function user(parameters: URLSearchParams, answers: PageSource): Promise<Response> {
  const id = parameters.get("id") ?? "";
  if (!/^\d{1,10}$/.test(id) || Number(id) > 2_147_483_647) return answer(400, "id is not a user's.");
  try {
    const rows = await answers.user(parameters.get("stream") ?? "", Number(id));
    return rows ? json(rows) : answer(404, "There is no such stream.");
  } catch (error) {
    // What exactly ails the database is told by the events; it is no business of this answer.
    return error instanceof BusyError
      ? retryLater(429, "Too many searches at a time.")
      : retryLater(503, "The database does not answer.");
  }
}

function serve(request: Request, { bytes, type, etag }: Asset): Response {
  const headers = { ...HEADERS, "content-type": type, etag, "cache-control": "no-cache" };
  const known = request.headers.get("if-none-match")?.replace(/^W\//, "") === etag;
  if (known) return new Response(null, { status: 304, headers });
  return new Response(request.method === "HEAD" ? null : bytes, { headers });
}

/**
 * Serves until disposed of.
 *
 * @throws {PermanentError} where the port can't be listened on
 */
export function servePage(
  settings: Pick<
    Settings,
    "DASHBOARD_HOST" | "DASHBOARD_PORT" | "DASHBOARD_MAX_VIEWERS" | "DASHBOARD_MAX_VIEWERS_PER_ADDRESS"
  >,
  hosts: Limits["hosts"],
  answers: PageSource,
): AsyncDisposable & { readonly port: number } {
  const { DASHBOARD_HOST: hostname, DASHBOARD_PORT: port } = settings;
  const limits = {
    hosts,
    viewers: settings.DASHBOARD_MAX_VIEWERS,
    viewersPerAddress: settings.DASHBOARD_MAX_VIEWERS_PER_ADDRESS,
  };
  try {
    const server = Deno.serve(
      { hostname, port, onListen: () => {}, onError: () => answer(500, "Something went wrong.") },
      (request, { remoteAddr }) => handleRequest(request, answers, limits, remoteAddr.hostname),
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
