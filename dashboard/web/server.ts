/**
 * The page, its events and its questions, over HTTP.
 *
 * @module
 */
import { messageOf, PermanentError } from "../../shared/errors.ts";
import type { Settings } from "../../shared/settings/table.ts";
import { BusyError } from "../database/reader.ts";
import type { History, UserRows } from "../protocol.ts";
import type { Asset } from "./assets.ts";

/** What the server answers from. */
export interface Answers {
  readonly assets: ReadonlyMap<string, Asset>;
  /** Opens the events of one page. */
  readonly events: () => ReadableStream<Uint8Array>;
  readonly viewers: () => number;
  /** `undefined`: there is no such stream. */
  readonly history: (stream: string) => History | undefined;
  readonly user: (stream: string, user: number) => Promise<UserRows | undefined>;
}

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

const answer = (status: number, text: string) =>
  new Response(`${text}\n`, { status, headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8" } });

const json = (value: unknown) =>
  Response.json(value, { headers: { ...HEADERS, "cache-control": "no-store" } });

/** Answers a request. */
export async function handle(
  request: Request,
  answers: Answers,
  mostViewers: number,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") return answer(405, "Only GET is of use here.");
  const { pathname, searchParams } = new URL(request.url);
  const asset = answers.assets.get(pathname);
  if (asset) return serve(request, asset);
  switch (pathname) {
    case "/events":
      if (answers.viewers() >= mostViewers) {
        return answer(503, `${mostViewers} pages are open already (DASHBOARD_VIEWERS).`);
      }
      // no-transform: a compressor would hold messages back.
      return new Response(request.method === "HEAD" ? null : answers.events(), {
        headers: {
          ...HEADERS,
          "content-type": "text/event-stream",
          "cache-control": "no-store, no-transform",
        },
      });
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

async function user(parameters: URLSearchParams, answers: Answers): Promise<Response> {
  const id = parameters.get("id") ?? "";
  if (!/^\d{1,10}$/.test(id) || Number(id) > 2_147_483_647) return answer(400, "id is not a user's.");
  try {
    const rows = await answers.user(parameters.get("stream") ?? "", Number(id));
    return rows ? json(rows) : answer(404, "There is no such stream.");
  } catch (error) {
    // What exactly ails the database is told by the events; it is no business of this answer.
    return error instanceof BusyError
      ? answer(429, "Too many questions at a time; ask again.")
      : answer(503, "The database does not answer.");
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
  settings: Pick<Settings, "DASHBOARD_HOST" | "DASHBOARD_PORT" | "DASHBOARD_VIEWERS">,
  answers: Answers,
): AsyncDisposable {
  const { DASHBOARD_HOST: hostname, DASHBOARD_PORT: port, DASHBOARD_VIEWERS: most } = settings;
  try {
    const server = Deno.serve(
      { hostname, port, onListen: () => {}, onError: () => answer(500, "Something went wrong.") },
      (request) => handle(request, answers, most),
    );
    return { [Symbol.asyncDispose]: () => server.shutdown() };
  } catch (error) {
    throw new PermanentError(
      `Cannot listen on ${hostname}:${port} (DASHBOARD_HOST, DASHBOARD_PORT): ${
        messageOf(error)
      }. Choose another port.`,
      { cause: error },
    );
  }
}
