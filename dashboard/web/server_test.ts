import assert from "assert";
import { BusyError } from "../database/search_pool.ts";
import { AllowedHosts } from "./allowed_hosts.ts";
import { Broadcast } from "./broadcast.ts";
import { handleRequest, type PageSource, servePage } from "./server.ts";

const ANSWERS: PageSource = {
  assets: new Map([["/", { bytes: new TextEncoder().encode("<p>"), type: "text/html", etag: '"a"' }]]),
  events: () => new ReadableStream({ start: (controller) => controller.close() }),
  viewers: () => 1,
  history: (stream) => stream === "routes" ? { rows: [[1, 2]] } : undefined,
  user: (stream, user) => Promise.resolve(stream === "routes" ? { rows: [[user, 2]] } : undefined),
};
const LIMITS = { hosts: new AllowedHosts(), viewers: 3, viewersPerAddress: 2 };
const get = (path: string, answers: Partial<PageSource> = {}, init: RequestInit = {}, host = "localhost") =>
  handleRequest(
    new Request(`http://${host}${path}`, { ...init, headers: { ...init.headers, host } }),
    { ...ANSWERS, ...answers },
    LIMITS,
    "192.0.2.1",
  );

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
  const full = await get("/events", { viewers: (address) => address === undefined ? 3 : 0 });
  assert.deepEqual([full.status, full.headers.has("retry-after")], [503, true]);
  const greedy = await get("/events", { viewers: (address) => address === "192.0.2.1" ? 2 : 1 });
  assert.deepEqual([greedy.status, greedy.headers.has("retry-after")], [429, true]);
});

Deno.test("handle() answers 421 and nothing else on every path when the host is another's", async () => {
  for (
    const path of ["/", "/events", "/nothing", "/api/history?stream=routes", "/api/user?stream=routes&id=7"]
  ) {
    for (const method of ["GET", "HEAD", "POST"]) {
      const response = await get(
        path,
        {
          events: () => assert.fail("a page was opened"),
          user: () => assert.fail("the database was asked"),
        },
        { method },
        "evil.example:8080",
      );
      assert.equal(response.status, 421, `${method} ${path}`);
      assert.match(await response.text(), /^This name is not the dashboard's\./);
    }
  }
});

Deno.test("handle() answers a user's rows, and says what is wrong when it can't", async () => {
  assert.deepEqual(await (await get("/api/user?stream=routes&id=7")).json(), { rows: [[7, 2]] });
  for (const id of ["", "-1", "1.5", "2147483648", "1 OR 1=1"]) {
    assert.equal((await get(`/api/user?stream=routes&id=${encodeURIComponent(id)}`)).status, 400, id);
  }
  assert.equal((await get("/api/user?stream=other&id=7")).status, 404);
  assert.equal((await get("/api/history?stream=other")).status, 404);
  const busy = () => Promise.reject(new BusyError("busy"));
  const refused = await get("/api/user?stream=routes&id=7", { user: busy });
  assert.deepEqual([refused.status, refused.headers.has("retry-after")], [429, true]);
});

Deno.test("handle() does not tell a page about the database's inside when it fails", async () => {
  const user = () => Promise.reject(new Error("password authentication failed for user x"));
  const response = await get("/api/user?stream=routes&id=7", { user });
  assert.equal(response.status, 503);
  assert.equal(await response.text(), "The database does not answer.\n");
});

/** Sends a request as it stands and gives the answer's status line and headers. */
async function raw(port: number, ...lines: string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  const bytes = new Uint8Array(1_000);
  return new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
}

Deno.test("servePage() answers no request for another host, however the request names it", async () => {
  const settings = {
    DASHBOARD_HOST: "127.0.0.1",
    DASHBOARD_PORT: 0,
    DASHBOARD_MAX_VIEWERS: 3,
    DASHBOARD_MAX_VIEWERS_PER_ADDRESS: 2,
  };
  const broadcast = new Broadcast(() => "all");
  await using page = servePage(settings, LIMITS.hosts, {
    ...ANSWERS,
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
  // RFC 9112, section 3.2: the server itself refuses these.
  assert.equal(await status("GET / HTTP/1.1", "Host: localhost", "Host: evil.example", close), 400);

  // All pages of this test come from one address.
  const open = () => fetch(`http://127.0.0.1:${page.port}/events`);
  const [first, second] = [await open(), await open()];
  assert.deepEqual([first.status, second.status], [200, 200]);
  const third = await open();
  // Its text is read only then: that of an open page has no end.
  broadcast.close();
  const texts = await Promise.all([first, second, third].map((response) => response.text()));
  assert.equal(third.status, 429);
  assert.match(texts[2]!, /^2 pages of this address are open already\..*DASHBOARD_MAX_VIEWERS_PER_ADDRESS/);
});
