import assert from "assert";
import * as net from "node:net";
import { TestServer } from "../test_server_fixture.ts";
import { httpGet } from "./http_get.ts";

Deno.test("httpGet() returns status and text, and does not follow redirects", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) =>
      url.endsWith("/old")
        ? Response.redirect("http://127.0.0.1:1/new")
        : new Response("ready é", { status: 503 }),
  );
  const base = `http://127.0.0.1:${server.addr.port}`;
  assert.deepEqual(await httpGet(`${base}/readyz`, 5_000), { status: 503, text: "ready é" });
  assert.equal((await httpGet(`${base}/old`, 5_000)).status, 302);
  await assert.rejects(httpGet(base, 5_000, 3), RangeError);
});

Deno.test("httpGet() rejects when nothing listens or the response times out", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assert.rejects(httpGet(`http://127.0.0.1:${port}/`, 5_000), /ECONNREFUSED|refused/);
  await using silent = await TestServer.start(net.createServer(() => {}));
  await assert.rejects(httpGet(`http://127.0.0.1:${silent.port}/`, 50), { name: "TimeoutError" });
});

for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]) {
  Deno.test(`healthcheck.ts uses no proxy when ${name} is set`, async () => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("ready"),
    );
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ..."run --quiet --no-config --no-prompt --allow-net=127.0.0.1 --allow-env=HTTP_PORT".split(" "),
        new URL("healthcheck.ts", import.meta.url).pathname,
        "/readyz",
      ],
      env: { HTTP_PORT: `${server.addr.port}`, [name]: "http://127.0.0.1:9", NO_PROXY: "", no_proxy: "" },
      stderr: "inherit",
    }).output();
    assert.deepEqual([code, new TextDecoder().decode(stdout)], [0, "ready\n"]);
  });
}
