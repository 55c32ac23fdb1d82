import assert from "assert";
import { fetchMetrics } from "./fetch_metrics.ts";

Deno.test("fetchMetrics() throws when the status is not 200, the page is too long, or nothing listens", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => new Response("up 1\n", { status: request.url.endsWith("/metrics") ? 200 : 404 }),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  assert.deepEqual(await fetchMetrics(`${url}/metrics`, 1_000), [{ name: "up", labels: {}, value: 1 }]);
  await assert.rejects(fetchMetrics(`${url}/other`, 1_000), /HTTP status 404/);
  await assert.rejects(fetchMetrics(`${url}/metrics`, 1_000, 3), RangeError);
  await server.shutdown();
  await assert.rejects(fetchMetrics(`${url}/metrics`, 1_000), { code: "ECONNREFUSED" });
});
