import assert from "assert";
import { BusyError } from "../database/search_pool.ts";
import { AllowedHosts } from "./allowed_hosts.ts";
import { Broadcast } from "./broadcast.ts";
import { handleRequest, type PageSource, servePage } from "./server.ts";

const SOURCE: PageSource = {
  assets: new Map([["/", { bytes: new TextEncoder().encode("<p>"), type: "text/html", etag: '"a"' }]]),
  events: () => new ReadableStream({ start: (controller) => controller.close() }),
  viewers: () => 1,
  history: (stream) => stream === "routes" ? { rows: [["1", 2]] } : undefined,
  rowsOfKey: (stream, key) =>
    Promise.resolve(stream === "routes" ? { rows: [[key, 2]], extent: "all", searched: 1 } : undefined),
};
const LIMITS = { hosts: new AllowedHosts(), viewers: 3, viewersPerAddress: 2 };
const get = (path: string, source: Partial<PageSource> = {}, init: RequestInit = {}, host = "localhost") =>
  handleRequest(
    new Request(`http://${host}${path}`, { ...init, headers: { ...init.headers, host } }),
    { ...SOURCE, ...source },
    LIMITS,
    "192.0.2.1",
  );

Deno.test("handleRequest() sends a strict content security policy with every response", async () => {
  for (const path of ["/", "/events", "/nothing", "/api/history?stream=routes", "/api/rows?key=x"]) {
    const response = await get(path);
    await response.body?.cancel();
    const policy = response.headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none';/, path);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/, path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  }
});

Deno.test("handleRequest() returns 304 when the ETag matches", async () => {
  const response = await get("/", {}, { headers: { "if-none-match": 'W/"a"' } });
  assert.equal(response.status, 304);
});

Deno.test("handleRequest() returns 405 for other methods and 503 or 429 when too many pages are open", async () => {
  assert.equal((await get("/", {}, { method: "POST" })).status, 405);
  const full = await get("/events", { viewers: (address) => address === undefined ? 3 : 0 });
  assert.deepEqual([full.status, full.headers.has("retry-after")], [503, true]);
  const greedy = await get("/events", { viewers: (address) => address === "192.0.2.1" ? 2 : 1 });
  assert.deepEqual([greedy.status, greedy.headers.has("retry-after")], [429, true]);
});

Deno.test("handleRequest() returns 421 on every path when the host is not allowed", async () => {
  for (
    const path of ["/", "/events", "/nothing", "/api/history?stream=routes", "/api/rows?stream=routes&key=7"]
  ) {
    for (const method of ["GET", "HEAD", "POST"]) {
      const response = await get(
        path,
        {
          events: () => assert.fail("opened a page"),
          rowsOfKey: () => assert.fail("queried the database"),
        },
        { method },
        "evil.example:8080",
      );
      assert.equal(response.status, 421, `${method} ${path}`);
      assert.match(await response.text(), /^Host not allowed\./);
    }
  }
});

Deno.test("handleRequest() returns the rows of a key, or the status of the problem when there is one", async () => {
  const { rows } = await (await get("/api/rows?stream=routes&key=7")).json();
  assert.deepEqual(rows, [["7", 2]]);
  for (const key of ["", "a\0", "x".repeat(201)]) {
    assert.equal((await get(`/api/rows?stream=routes&key=${encodeURIComponent(key)}`)).status, 400, key);
  }
  assert.equal((await get("/api/rows?stream=other&key=7")).status, 404);
  assert.equal((await get("/api/history?stream=other")).status, 404);
  const busy = () => Promise.reject(new BusyError("busy"));
  const refused = await get("/api/rows?stream=routes&key=7", { rowsOfKey: busy });
  assert.deepEqual([refused.status, refused.headers.has("retry-after")], [429, true]);
});

Deno.test("handleRequest() does not reveal database errors when a search fails", async () => {
  const rowsOfKey = () => Promise.reject(new Error("password authentication failed for user x"));
  const response = await get("/api/rows?stream=routes&key=7", { rowsOfKey });
  assert.equal(response.status, 503);
  assert.equal(await response.text(), "Database unavailable; retry.\n");
});

/** Sends a raw request and returns the status line and headers of the response. */
async function raw(port: number, ...lines: string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  const bytes = new Uint8Array(1_000);
  return new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
}

Deno.test("servePage() serves no request for another host in either the Host header or the request line", async () => {
  const settings = {
    DASHBOARD_HOST: "127.0.0.1",
    DASHBOARD_PORT: 0,
    DASHBOARD_MAX_VIEWERS: 3,
    DASHBOARD_MAX_VIEWERS_PER_ADDRESS: 2,
  };
  const broadcast = new Broadcast(() => "all");
  await using page = servePage(settings, LIMITS.hosts, {
    ...SOURCE,
    events: (address) => broadcast.open(address),
    viewers: (address) => broadcast.viewers(address),
  });
  const status = async (...lines: string[]) => Number((await raw(page.port, ...lines)).split(" ")[1]);
  const close = "Connection: close";
  assert.equal(await status("GET / HTTP/1.1", "Host: LOCALHOST.:80", close), 200);
  assert.equal(await status("GET / HTTP/1.1", "Host: [fe80::1%25eth0]:80", close), 200);
  assert.equal(await status("GET http://127.0.0.1/ HTTP/1.1", "Host: localhost", close), 200);
  assert.equal(await status("GET / HTTP/1.1", "Host: evil.example", close), 421);
  assert.equal(await status("GET / HTTP/1.1", close), 421);
  assert.equal(await status("GET / HTTP/1.0"), 421);
  assert.equal(await status("GET / HTTP/1.1", "Host:", close), 421);
  assert.equal(await status("GET / HTTP/1.1", "Host: loc alhost", close), 421);
  assert.equal(await status("GET http://evil.example/ HTTP/1.1", "Host: localhost", close), 421);
  assert.equal(await status("GET http://localhost/ HTTP/1.1", "Host: evil.example", close), 421);
  // RFC 9112, section 3.2: Deno rejects these.
  assert.equal(await status("GET / HTTP/1.1", "Host: localhost", "Host: evil.example", close), 400);

  // All pages of this test have the same address.
  const open = () => fetch(`http://127.0.0.1:${page.port}/events`);
  const [first, second] = [await open(), await open()];
  assert.deepEqual([first.status, second.status], [200, 200]);
  const third = await open();
  // The bodies end only now.
  broadcast.close();
  const texts = await Promise.all([first, second, third].map((response) => response.text()));
  assert.equal(third.status, 429);
  assert.match(texts[2]!, /^Too many open pages from this address \(DASHBOARD_MAX_VIEWERS_PER_ADDRESS=2\)/);
});
