import assert from "assert";
import { chosenKind, fromEnvironment } from "./server_kind.ts";

Deno.test("fromEnvironment() reads INTEGRATION_SERVERS", () => {
  assert.equal(fromEnvironment("containers"), "container");
  assert.equal(fromEnvironment("embedded"), "embedded");
  assert.equal(fromEnvironment("auto"), "auto");
  assert.equal(fromEnvironment(""), "auto");
  assert.equal(fromEnvironment(undefined), "auto");
});

Deno.test("fromEnvironment() throws when the value is unknown", () => {
  assert.throws(() => fromEnvironment("docker"), /INTEGRATION_SERVERS is "docker", but must be/);
});

Deno.test("chosenKind() is what the caller asks for", async () => {
  assert.equal(await chosenKind("embedded"), "embedded");
  assert.equal(await chosenKind("container"), "container");
});
