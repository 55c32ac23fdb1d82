import assert from "assert";
import { fetchMetrics } from "./metrics.ts";

Deno.test("fetchMetrics() is nothing when nobody answers or the answer is an error", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => new Response("up 1\n", { status: request.url.endsWith("/metrics") ? 200 : 503 }),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  assert.deepEqual(await fetchMetrics(`${url}/metrics`), [{ name: "up", labels: {}, value: 1 }]);
  assert.equal(await fetchMetrics(`${url}/other`), undefined);
  await server.shutdown();
  assert.equal(await fetchMetrics(`${url}/metrics`), undefined);
});
