import assert from "assert";
import { BusyError } from "../database/reader.ts";
import { type Answers, handle } from "./server.ts";

const ANSWERS: Answers = {
  assets: new Map([["/", { bytes: new TextEncoder().encode("<p>"), type: "text/html", etag: '"a"' }]]),
  events: () => new ReadableStream({ start: (controller) => controller.close() }),
  viewers: () => 1,
  history: (stream) => stream === "routes" ? { rows: [[1, 2]] } : undefined,
  user: (stream, user) => Promise.resolve(stream === "routes" ? { rows: [[user, 2]] } : undefined),
};
const get = (path: string, answers: Partial<Answers> = {}, init: RequestInit = {}) =>
  handle(new Request(`http://localhost${path}`, init), { ...ANSWERS, ...answers }, 2);

Deno.test("handle() lets a page load nothing but this server's own files, whatever it answers", async () => {
  for (const path of ["/", "/events", "/nothing", "/api/history?stream=routes", "/api/user?id=x"]) {
    const response = await get(path);
    await response.body?.cancel();
    const policy = response.headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none';/, path);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/, path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  }
});

Deno.test("handle() answers 304 when the page has the file already", async () => {
  const response = await get("/", {}, { headers: { "if-none-match": 'W/"a"' } });
  assert.equal(response.status, 304);
});

Deno.test("handle() refuses to change anything, and a page too many", async () => {
  assert.equal((await get("/", {}, { method: "POST" })).status, 405);
  assert.equal((await get("/events", { viewers: () => 2 })).status, 503);
});

Deno.test("handle() answers a user's rows, and says what is wrong when it can't", async () => {
  assert.deepEqual(await (await get("/api/user?stream=routes&id=7")).json(), { rows: [[7, 2]] });
  for (const id of ["", "-1", "1.5", "2147483648", "1 OR 1=1"]) {
    assert.equal((await get(`/api/user?stream=routes&id=${encodeURIComponent(id)}`)).status, 400, id);
  }
  assert.equal((await get("/api/user?stream=other&id=7")).status, 404);
  assert.equal((await get("/api/history?stream=other")).status, 404);
  const busy = () => Promise.reject(new BusyError("busy"));
  assert.equal((await get("/api/user?stream=routes&id=7", { user: busy })).status, 429);
});

Deno.test("handle() does not tell a page about the database's inside when it fails", async () => {
  const user = () => Promise.reject(new Error("password authentication failed for user x"));
  const response = await get("/api/user?stream=routes&id=7", { user });
  assert.equal(response.status, 503);
  assert.equal(await response.text(), "The database does not answer.\n");
});
