import assert from "assert";
import { freePort, freePorts, isPortFree } from "./free_port.ts";

Deno.test("freePorts() returns distinct free ports", () => {
  const ports = freePorts(20);
  assert.equal(new Set(ports).size, 20);
  for (const port of ports) Deno.listen({ hostname: "127.0.0.1", port }).close();
});

Deno.test("freePort() returns the preferred port when it is free, else another one", () => {
  const preferred = freePort();
  assert.equal(freePort(preferred), preferred);
  using _listener = Deno.listen({ hostname: "127.0.0.1", port: preferred });
  assert.equal(isPortFree(preferred), false);
  assert.notEqual(freePort(preferred), preferred);
});

Deno.test("isPortFree() is false when a program listens on any address of localhost", () => {
  for (const hostname of ["127.0.0.1", "0.0.0.0", "::1", "::"]) {
    const port = freePort();
    using _listener = Deno.listen({ hostname, port });
    assert.equal(isPortFree(port), false, hostname);
  }
});
