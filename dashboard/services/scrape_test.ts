import assert from "assert";
import { scrapeAll } from "./scrape.ts";

Deno.test("scrapeAll() reports the problem when the connection is refused, the status is not 200 or the host is unknown", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) =>
      url.endsWith("/metrics") ? new Response('a_total{b="c"} 1\n') : new Response("no", { status: 404 }),
  );
  const { port } = server.addr;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closed = listener.addr.port;
  listener.close();
  const [good, bad, refused, unknown] = await scrapeAll([
    `http://localhost:${port}/metrics`,
    `http://127.0.0.1:${port}/other`,
    `http://127.0.0.1:${closed}/metrics`,
    "http://no-such-host.invalid:1/metrics",
  ]);
  assert.deepEqual(good, {
    id: `http://127.0.0.1:${port}/metrics`,
    name: `localhost:${port}`,
    samples: [{ name: "a_total", labels: { b: "c" }, value: 1 }],
  });
  assert.equal(bad!.problem, "HTTP status 404.");
  assert.equal(refused!.problem, "Connection refused.");
  assert.equal(unknown!.problem, "Unknown host no-such-host.invalid.");
});

Deno.test("scrapeAll() names a process after its host when reverse DNS knows it", async () => {
  const names = { nameOf: (address: string, host: string) => `project-${host}-${address}` };
  const [one] = await scrapeAll(["http://localhost:1/metrics"], names);
  assert.equal(one!.name, "project-localhost-127.0.0.1");
});
