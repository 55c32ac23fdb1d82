import assert from "assert";
import { parseServerKind, resolveServerKind } from "./server_kind.ts";

Deno.test("fromEnvironment() reads INTEGRATION_SERVERS", () => {
  assert.equal(parseServerKind("containers"), "container");
  assert.equal(parseServerKind("embedded"), "embedded");
  assert.equal(parseServerKind("auto"), "auto");
  assert.equal(parseServerKind(""), "auto");
  assert.equal(parseServerKind(undefined), "auto");
});

Deno.test("fromEnvironment() throws when the value is unknown", () => {
  assert.throws(() => parseServerKind("docker"), /INTEGRATION_SERVERS is "docker", but must be/);
});

Deno.test("chosenKind() is what the caller asks for", async () => {
  assert.equal(await resolveServerKind("embedded"), "embedded");
  assert.equal(await resolveServerKind("container"), "container");
});
