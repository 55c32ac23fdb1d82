import assert from "assert";
import { parseServerKind, resolveServerKind } from "./server_kind.ts";

Deno.test("parseServerKind() parses INTEGRATION_SERVERS", () => {
  assert.equal(parseServerKind("containers"), "container");
  assert.equal(parseServerKind("embedded"), "embedded");
  assert.equal(parseServerKind("auto"), "auto");
  assert.equal(parseServerKind(""), "auto");
  assert.equal(parseServerKind(undefined), "auto");
});

Deno.test("parseServerKind() throws when the value is unknown", () => {
  assert.throws(() => parseServerKind("docker"), /INTEGRATION_SERVERS is "docker", but must be/);
});

Deno.test("resolveServerKind() returns the requested kind", async () => {
  assert.equal(await resolveServerKind("embedded"), "embedded");
  assert.equal(await resolveServerKind("container"), "container");
});
